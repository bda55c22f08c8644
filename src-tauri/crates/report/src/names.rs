/// A name as every screen but the sign-in list and every export shows it: its first character and an asterisk.
///
/// `王某某` becomes `王*`, `欧阳试` becomes `欧*`, `Ann Sample` becomes `A*`. A name of one character would be
/// shown whole, so it becomes `*`; an empty one stays empty.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let mut characters = name.trim().chars();
    match (characters.next(), characters.next()) {
        (None, _) => String::new(),
        (Some(_), None) => "*".to_owned(),
        (Some(first), Some(_)) => format!("{first}*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_its_first_character_and_no_more() {
        for (name, masked) in [
            ("张三", "张*"),
            ("欧阳试", "欧*"),
            ("Ann Sample", "A*"),
            ("  王某某 ", "王*"),
            ("王*", "王*"),
        ] {
            assert_eq!(mask_name(name), masked);
        }
    }

    #[test]
    fn a_name_of_one_character_is_not_shown_and_an_empty_one_stays_empty() {
        assert_eq!(mask_name("王"), "*");
        assert_eq!(mask_name(""), "");
        assert_eq!(mask_name(" "), "");
    }
}
