use std::fmt;
use std::str::FromStr;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A value in a sentence: a text or a number, which also chooses the plural.
pub use fluent_bundle::FluentValue as Argument;

/// The languages of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese, the first language.
    #[default]
    ZhCn,
    /// English.
    En,
}

/// A text that names none of the languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither zh-CN nor en")]
pub struct UnknownLanguage;

impl Language {
    /// Every language, the first one first.
    pub const ALL: [Language; 2] = [Language::ZhCn, Language::En];

    /// The BCP 47 tag, which is also the name of the catalogue's file.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::ZhCn => "zh-CN",
            Language::En => "en",
        }
    }

    /// The language of a POSIX locale such as `en_GB.UTF-8`, as found in `LANG`; Chinese for all that are not
    /// English.
    #[must_use]
    pub fn of_locale(locale: &str) -> Language {
        match locale.split(['_', '-', '.', '@']).next() {
            Some("en" | "EN") => Language::En,
            Some(_) | None => Language::ZhCn,
        }
    }

    fn other(self) -> Language {
        match self {
            Language::ZhCn => Language::En,
            Language::En => Language::ZhCn,
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        self.tag()
            .parse()
            .expect("the tags are well formed: a test parses them")
    }

    fn source(self) -> &'static str {
        match self {
            Language::ZhCn => include_str!("../../../../assets/locales/zh-CN.ftl"),
            Language::En => include_str!("../../../../assets/locales/en.ftl"),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Language, UnknownLanguage> {
        Language::ALL
            .into_iter()
            .find(|language| language.tag() == tag)
            .ok_or(UnknownLanguage)
    }
}

/// The catalogue in one language, with the other one behind it.
pub struct Words {
    language: Language,
    chosen: FluentBundle<FluentResource>,
    other: FluentBundle<FluentResource>,
}

impl Words {
    /// The words of a language. Parses both files, a few milliseconds: keep what it returns.
    #[must_use]
    pub fn of(language: Language) -> Words {
        Words {
            language,
            chosen: bundle(language),
            other: bundle(language.other()),
        }
    }

    /// Which language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text without values. A key that this language lacks is taken from the other one; one that both lack is
    /// returned itself.
    #[must_use]
    pub fn word(&self, key: &str) -> String {
        self.text(key, &[])
    }

    /// A text with its values, in plain characters: no bidirectional isolates, for they would spoil a cell.
    #[must_use]
    pub fn text(&self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let arguments: FluentArgs<'_> = arguments
            .iter()
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        [&self.chosen, &self.other]
            .into_iter()
            .find_map(|bundle| formatted(bundle, key, &arguments))
            .unwrap_or_else(|| key.to_owned())
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    // A faulty entry is left out; a test finds it.
    let resource =
        FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, _)| resource);
    let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

fn formatted(bundle: &FluentBundle<FluentResource>, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let mut missing = Vec::new();
    Some(
        bundle
            .format_pattern(pattern, Some(arguments), &mut missing)
            .into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_catalogues_parse_whole_and_no_key_stands_twice() {
        for language in Language::ALL {
            let resource = FluentResource::try_new(language.source().to_owned());
            let resource = resource.map_err(|(_, errors)| errors).expect("no faulty entry");
            let mut bundle: FluentBundle<FluentResource> = FluentBundle::new_concurrent(vec![]);
            bundle.add_resource(resource).expect("no key twice");
        }
    }

    #[test]
    fn a_sentence_takes_its_values_and_nothing_invisible() {
        let arguments = [("rows", Argument::from(3)), ("position", Argument::from(12))];
        let chinese = Words::of(Language::ZhCn).text("log-exported", &arguments);
        assert_eq!(chinese, "已导出 3 条，本次导出已记为第 12 号账页");
        let tries = |tries: i32| Words::of(Language::En).text("error-wrong_pin", &[("tries", tries.into())]);
        assert_eq!(tries(1), "Wrong PIN; one try left");
        assert_eq!(tries(3), "Wrong PIN; 3 tries left");
    }

    #[test]
    fn a_key_that_one_language_lacks_comes_from_the_other_and_one_that_both_lack_stands_as_it_is() {
        let mut words = Words::of(Language::En);
        words.chosen = FluentBundle::new_concurrent(vec![]);
        assert_eq!(words.word("verdict-admit"), "放行");
        assert_eq!(words.word("no-such-key"), "no-such-key");
    }

    #[test]
    fn a_language_is_named_by_its_tag_and_guessed_from_a_locale() {
        assert_eq!("zh-CN".parse(), Ok(Language::ZhCn));
        assert_eq!("en".parse(), Ok(Language::En));
        assert_eq!("EN".parse::<Language>(), Err(UnknownLanguage));
        for (locale, language) in [
            ("en_GB.UTF-8", Language::En),
            ("en", Language::En),
            ("zh_CN.UTF-8", Language::ZhCn),
            ("C.UTF-8", Language::ZhCn),
            ("", Language::ZhCn),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
