use std::fmt;

use zeroize::Zeroize;

/// A value about a person: it never prints itself and leaves no copy of its own in memory.
///
/// `Debug` and `Display` give `[personal]`, so a log line or a panic message cannot leak it. The value is
/// wiped when the wrapper is dropped. It is not `Serialize` on purpose: whoever writes it to disk has to
/// call [`expose`](Personal::expose) first, which is easy to find in a review.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Personal<T> {
        Personal(value)
    }

    /// The value itself, to be shown to an authorised person or encrypted. Never to be logged.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Personal<T> {
    fn from(value: T) -> Personal<T> {
        Personal(value)
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[personal]")
    }
}

impl<T: Zeroize> fmt::Display for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_value_never_prints_itself() {
        let name = Personal::new("王某某".to_owned());
        assert_eq!(
            format!("{name} {name:?} {:?}", Some(&name)),
            "[personal] [personal] Some([personal])"
        );
        assert_eq!(name.expose(), "王某某");
    }

    #[test]
    fn a_personal_value_is_wiped_when_it_is_dropped() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};

        struct Witness(Arc<AtomicBool>);
        impl Zeroize for Witness {
            fn zeroize(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }

        let wiped = Arc::new(AtomicBool::new(false));
        drop(Personal::new(Witness(wiped.clone())));
        assert!(wiped.load(Ordering::SeqCst));
    }
}
