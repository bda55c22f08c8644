//! Every screen in every language and theme: a picture to look at, and what axe-core says about it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::stage::output_folder;
use crate::webdriver::Refused;
use crate::window::Window;

/// Languages by their tags, the first one first.
pub const LOCALES: [&str; 2] = ["zh-CN", "en"];
/// Themes.
pub const THEMES: [&str; 3] = ["light", "dark", "sunlight"];

/// Findings below `serious` are advice; these two keep somebody out.
const IMPACTS: [&str; 2] = ["serious", "critical"];

/// Set to 1, it puts chosen pictures into `assets/screenshots`, for the README.
const UPDATE: &str = "GATEPOST_UPDATE_SCREENSHOTS";
/// Bytes that a picture in the checkout may have.
const LARGEST_CHOSEN: usize = 200_000;
/// Pictures of the README: screen, language, theme.
const CHOSEN: [(&str, &str, &str); 6] = [
    ("door-admit", "zh-CN", "light"),
    ("door-hold", "en", "dark"),
    ("door-refuse", "zh-CN", "sunlight"),
    ("ledger", "zh-CN", "light"),
    ("log", "zh-CN", "light"),
    ("settings", "zh-CN", "light"),
];

const RUN_AXE: &str = "const done = arguments[0];
    axe.run(document, { resultTypes: ['violations'] }).then(
        ({ violations }) => done(violations.map(({ id, impact, help, nodes }) =>
            ({ id, impact, help, at: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`) }))),
        (error) => done(String(error)));";

/// A walk through the screens of one window.
#[derive(Debug)]
pub struct Tour<'a> {
    window: &'a Window,
    folder: PathBuf,
    /// What is wrong, one sentence each.
    findings: Vec<String>,
}

impl<'a> Tour<'a> {
    /// Begins; pictures go to `screens` among the test output.
    ///
    /// # Panics
    /// When axe-core is not installed.
    #[must_use]
    pub fn of(window: &'a Window) -> Tour<'a> {
        let place = repository().join("ui/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(&place)
            .unwrap_or_else(|error| panic!("{}: {error}; `npm ci` in ui/ installs it", place.display()));
        window.execute(&axe, &[]);
        Tour {
            window,
            folder: output_folder("screens"),
            findings: Vec::new(),
        }
    }

    /// Looks at the present screen in all six looks. `again` runs before each, for what fades away by itself.
    ///
    /// # Panics
    /// When the window is gone.
    pub fn visit(&mut self, screen: &str, mut again: impl FnMut(&Window)) {
        for locale in LOCALES {
            for theme in THEMES {
                self.put_on(locale, theme);
                again(self.window);
                self.settle();
                self.picture(screen, locale, theme);
                self.ask_axe(screen, locale, theme);
            }
        }
        self.put_on(LOCALES[0], THEMES[0]);
    }

    /// A picture in the first look only, without questions.
    ///
    /// # Panics
    /// When the window is gone.
    pub fn picture_of(&self, screen: &str) {
        self.settle();
        self.picture(screen, LOCALES[0], THEMES[0]);
    }

    /// Ends the walk.
    ///
    /// # Panics
    /// When axe-core found something serious.
    pub fn end(self) {
        assert!(
            self.findings.is_empty(),
            "{} findings:\n{}",
            self.findings.len(),
            self.findings.join("\n")
        );
    }

    fn put_on(&self, locale: &str, theme: &str) {
        let appearance = json!({ "locale": locale, "theme": theme, "sound": true });
        self.window
            .invoke("set_appearance", json!({ "appearance": appearance }))
            .expect("anybody may change the look");
        self.window
            .wait_for(&format!("html[lang={locale}][data-theme={theme}]"));
    }

    /// Waits for fonts, and for transitions that would show colours of two themes at once.
    fn settle(&self) {
        const SETTLED: &str = "const done = arguments[0];
            const still = () => document.getAnimations()
                .filter(({ transitionProperty }) => transitionProperty)
                .every(({ playState }) => playState !== 'running');
            const look = () => still() ? requestAnimationFrame(() => done(true)) : setTimeout(look, 20);
            document.fonts.ready.then(() => requestAnimationFrame(look));";
        self.window
            .session()
            .execute_async(SETTLED, &[])
            .unwrap_or_else(|Refused(why)| panic!("the page does not settle: {why}"));
    }

    fn picture(&self, screen: &str, locale: &str, theme: &str) {
        let name = format!("{screen}-{locale}-{theme}.png");
        let png = self.window.screenshot();
        write(&self.folder.join(name), &png);
        let is_chosen = CHOSEN.contains(&(screen, locale, theme));
        if is_chosen && std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
            assert!(png.len() <= LARGEST_CHOSEN, "{screen}: {} bytes", png.len());
            let folder = repository().join("assets/screenshots");
            fs::create_dir_all(&folder).expect("the checkout is writable");
            write(&folder.join(format!("{screen}.png")), &png);
        }
    }

    fn ask_axe(&mut self, screen: &str, locale: &str, theme: &str) {
        let answer = self
            .window
            .session()
            .execute_async(RUN_AXE, &[])
            .unwrap_or_else(|Refused(why)| panic!("axe-core: {why}"));
        let violations = answer.as_array().unwrap_or_else(|| panic!("axe-core: {answer}"));
        for violation in violations {
            let impact = violation["impact"].as_str().unwrap_or_default();
            if IMPACTS.contains(&impact) {
                let at: Vec<&str> = violation["at"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                self.findings.push(format!(
                    "{screen}, {locale}, {theme}: {} ({}, {impact})\n    {}",
                    violation["help"].as_str().unwrap_or_default(),
                    violation["id"].as_str().unwrap_or_default(),
                    at.join("\n    ")
                ));
            }
        }
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in the checkout")
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
