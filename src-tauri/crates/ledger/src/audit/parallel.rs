//! The walk on several threads.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use crate::audit::{Audit, Batch, Fault, MOST_RECORDS_OF_A_BATCH};

/// Finished batches that wait for those before them, for each thread.
const BATCHES_AHEAD: usize = 2;

/// Reads records for one thread.
pub trait Source: Send {
    /// Why they could not be read.
    type Error: Send;

    /// Pushes `count` records from [`Batch::next`] on, or fewer behind a fault.
    ///
    /// # Errors
    /// Where they could not be read.
    fn fill(&mut self, batch: &mut Batch, count: u64) -> Result<(), Self::Error>;
}

/// Takes the records up to `size` in, one thread for each source. `go_on` is asked after every batch and told how
/// many records were taken in. Returns whether it came to the end.
///
/// # Errors
/// That of a source; inside, the first [`Fault`].
pub fn walk<S: Source>(
    audit: &mut Audit,
    size: u64,
    sources: &mut [S],
    mut go_on: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Result<ControlFlow<()>, Fault>, S::Error> {
    // A batch may begin only at a multiple of its length: single ones lead up to the first such place.
    while let Some(source) = sources.first_mut()
        && audit.size() < size
        && !audit.size().is_multiple_of(MOST_RECORDS_OF_A_BATCH)
    {
        let batch = filled(source, audit.size(), size, &audit.marks())?;
        if let Err(fault) = audit.take(batch) {
            return Ok(Err(fault));
        }
    }
    let begin = audit.size();
    let marks = audit.marks();
    let step = MOST_RECORDS_OF_A_BATCH * sources.len() as u64;
    std::thread::scope(|scope| {
        let mut lines = Vec::new();
        for (source, own) in sources.iter_mut().zip(0..) {
            let (sender, receiver) = sync_channel(BATCHES_AHEAD);
            lines.push(receiver);
            let marks = &marks;
            scope.spawn(move || {
                let mut first = begin + own * MOST_RECORDS_OF_A_BATCH;
                while first < size {
                    let batch = filled(source, first, size, marks);
                    let is_end = batch.as_ref().map_or(true, |batch| batch.fault.is_some());
                    if sender.send(batch).is_err() || is_end {
                        return;
                    }
                    first += step;
                }
            });
        }
        // Round and round, so that the batches come in order.
        for line in lines.iter().cycle() {
            let Ok(batch) = line.recv() else {
                break;
            };
            if let Err(fault) = audit.take(batch?) {
                return Ok(Err(fault));
            }
            if go_on(audit.size()).is_break() {
                return Ok(Ok(ControlFlow::Break(())));
            }
        }
        Ok(Ok(ControlFlow::Continue(())))
    })
}

fn filled<S: Source>(source: &mut S, first: u64, size: u64, marks: &[u64]) -> Result<Batch, S::Error> {
    let mut batch = Batch::new(first, marks);
    let count = batch.room().min(size - first);
    source.fill(&mut batch, count)?;
    Ok(batch)
}
