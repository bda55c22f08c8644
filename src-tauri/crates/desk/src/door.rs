//! The hot path as a state machine: keys and codes in, effects out. Pure but for the values it is handed.
//!
//! Nothing here waits: a code that is read while another visitor is being checked queues, a verdict never
//! blocks the next scan, and a key that makes no sense changes the prompt and nothing else.

use std::collections::VecDeque;
use std::time::Duration;

use gatepost_codes::HealthColour;
use gatepost_ledger::Entry;
use gatepost_rules::Reason;
use gatepost_rules::{
    BodyTemperature, DocumentKind, Fault, Mask, Observation, Policy, TemperatureBand, TemperatureRefusal,
    Verdict, decide,
};
use gatepost_store::{Token, VoidReason};

use crate::view::{DoorKey, Prompt};
use crate::visitor::{Follows, SeenCode, SeenNow, Shown, Visitor};

/// A code that stays in view is the same visitor; one that was out of view for longer is looked at anew.
const SAME_SIGHT: Duration = Duration::from_secs(5);
/// How long a temperature waits for its code.
const TEMPERATURE_WAITS: Duration = Duration::from_secs(8);
/// Visitors whose code was read while another one is checked.
const MOST_WAITING: usize = 2;
/// Characters a temperature can have: `36.55`.
const MOST_TYPED: usize = 5;

/// What the door asks the guard to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Document,
    VoidReason,
    Case,
}

/// What else the decision rests on.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) fault: Option<Fault>,
    pub(crate) now: Duration,
    /// The entry that the void key would strike through.
    pub(crate) last_own_entry: Option<u64>,
    /// The cases on the screen, in its order.
    pub(crate) cases: &'a [u64],
}

/// What the desk must do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Show the new state.
    Show,
    /// Say that something needs a look, with the attention sound.
    Attention,
    /// Write the current visitor with this verdict.
    Write {
        observation: Observation,
        verdict: Verdict,
    },
    /// Strike the last own entry through.
    Void(VoidReason),
    /// Call the case at this position up with [`Door::recall`].
    Recall(u64),
    /// Show and sound the last card again.
    Repeat,
}

/// What became of a code that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The same one as a moment ago.
    Same,
    /// A better colour for the current visitor.
    BetterColour,
    /// A visitor's code.
    New,
    /// It could not be taken: the prompt says why.
    NotTaken,
}

#[derive(Debug, Default)]
pub(crate) struct Door {
    pub(crate) current: Visitor,
    pub(crate) waiting: VecDeque<Visitor>,
    pub(crate) typed: String,
    choice: Option<Choice>,
    confirming_fever: bool,
    /// What was wrong with the last key; gone with the next one.
    complaint: Option<Prompt>,
    /// Tokens in view and when each was last seen.
    in_view: Vec<(Token, Duration)>,
    /// Tokens of visitors who were let go without an entry, and when: not looked at again at once, although
    /// they are still held up, but not for ever either.
    let_go: Vec<(Token, Duration)>,
    /// The token of the last entry.
    last_written: Option<Token>,
    /// The code that had no place to wait: it is tried again with every frame, but complained of once.
    turned_away: Option<Token>,
}

impl Door {
    /// Whether this code is a new sight; asked before anything is looked up for it.
    pub(crate) fn is_in_view(&mut self, token: Token, now: Duration) -> bool {
        let recent = |(_, since): &(Token, Duration)| now.saturating_sub(*since) <= SAME_SIGHT;
        self.in_view.retain(recent);
        self.let_go.retain(recent);
        if self.let_go.iter().any(|(gone, _)| *gone == token) {
            return true;
        }
        match self.in_view.iter_mut().find(|(known, _)| *known == token) {
            Some((_, last)) => {
                *last = now;
                true
            }
            None => false,
        }
    }

    /// The next sight of this code counts, unless it is that of a visitor who is here already.
    pub(crate) fn look_anew(&mut self, token: Token) {
        if self.visitor_with(token).is_none() {
            self.in_view.retain(|(known, _)| *known != token);
            self.let_go.retain(|(gone, _)| *gone != token);
        }
    }

    /// The last entry was struck through: whoever still holds up its code is looked at anew.
    pub(crate) fn voided(&mut self) {
        if let Some(token) = self.last_written.take() {
            self.look_anew(token);
        }
    }

    /// The store could not say whether this code was shown before. Said once, and the code is left alone while
    /// it is held up.
    pub(crate) fn cannot_look_up(&mut self, token: Token, now: Duration) -> Sight {
        self.in_view.push((token, now));
        self.complaint = Some(Prompt::CannotLookUp);
        Sight::NotTaken
    }

    fn visitor_with(&mut self, token: Token) -> Option<&mut Visitor> {
        let mut all = std::iter::once(&mut self.current).chain(self.waiting.iter_mut());
        all.find(|visitor| visitor.shown.token() == Some(token))
    }

    /// A later frame of a code in view.
    pub(crate) fn still_seen(&mut self, token: Token, colour: Option<SeenNow>) -> Sight {
        let better = self
            .visitor_with(token)
            .zip(colour)
            .is_some_and(|(visitor, colour)| visitor.shown.propose_colour(colour));
        if better { Sight::BetterColour } else { Sight::Same }
    }

    /// A code that was not in view.
    pub(crate) fn code_seen(&mut self, code: SeenCode, now: Duration) -> Sight {
        let token = code.token;
        if matches!(self.current.follows, Some(Follows::LowReading(_))) && self.is_untouched() {
            // Whoever shows another code is another person; the low reading stays among the cases.
            self.current = Visitor::default();
        }
        if self.may_join() {
            let said = self.current.shown.said_colour();
            // The visitor's own earlier entry is no repetition.
            let seen = code.seen.filter(|_| self.current.follows.is_none());
            self.current.shown = Shown::code(SeenCode { seen, ..code });
            if let Some(colour) = said {
                self.current.shown.say_colour(colour);
            }
        } else if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(Visitor {
                shown: Shown::code(code),
                ..Visitor::default()
            });
        } else if self.turned_away == Some(token) {
            return Sight::Same;
        } else {
            self.turned_away = Some(token);
            self.complaint = Some(Prompt::TooManyWaiting);
            return Sight::NotTaken;
        }
        self.in_view.push((token, now));
        self.turned_away = None;
        self.complaint = None;
        Sight::New
    }

    /// Whether a new code is that of the visitor who is being checked. Once a temperature was entered the
    /// visitor is who they are, and an entry whose writing failed must not change its person.
    fn may_join(&self) -> bool {
        let visitor = &self.current;
        match (&visitor.shown, visitor.follows) {
            _ if visitor.scan_id.is_some() => false,
            (Shown::Nothing, None) => true,
            // The guard was quicker than the camera.
            (Shown::SeenByStaff(_), None) => visitor.temperature.is_none(),
            (shown, Some(Follows::Case { wants_code: true, .. })) => {
                self.is_untouched() && shown.token().is_none()
            }
            (Shown::Decoded { .. } | Shown::Document(_), None) | (_, Some(_)) => false,
        }
    }

    fn is_untouched(&self) -> bool {
        self.typed.is_empty() && self.current.temperature.is_none()
    }

    /// Time passes. Returns whether anything changed.
    pub(crate) fn tick(&mut self, now: Duration) -> bool {
        let waited_too_long = self.current.shown.is_nothing()
            && self.current.scan_id.is_none()
            && self
                .current
                .temperature
                .is_some_and(|(_, since)| now.saturating_sub(since) > TEMPERATURE_WAITS);
        if waited_too_long {
            self.current.temperature = None;
            self.confirming_fever = false;
        }
        waited_too_long
    }

    /// A key.
    pub(crate) fn press(&mut self, key: DoorKey, around: &Surroundings<'_>) -> Effect {
        let complained = self.complaint.take();
        if key != DoorKey::Enter {
            // Whatever is pressed changes the content, and other content is another entry.
            self.current.scan_id = None;
        }
        if let Some(choice) = self.choice.take() {
            return self.choose(choice, key, around);
        }
        match key {
            DoorKey::Digit { digit } => self.digit(digit, complained),
            DoorKey::Point => self.type_character('.', complained),
            DoorKey::Backspace => {
                self.typed.pop();
                Effect::Show
            }
            DoorKey::Escape => self.escape(around.now),
            DoorKey::Mask => {
                self.current.mask = match self.current.mask {
                    Mask::Worn => Mask::NotWorn,
                    Mask::NotWorn => Mask::PutOn,
                    Mask::PutOn => Mask::Worn,
                };
                Effect::Show
            }
            DoorKey::Colour { colour } => {
                self.current.shown.say_colour(colour);
                Effect::Show
            }
            DoorKey::NoPhone => self.ask(Choice::Document),
            DoorKey::VoidLast if around.last_own_entry.is_some() => self.ask(Choice::VoidReason),
            DoorKey::VoidLast => self.complain(Prompt::NothingToVoid),
            DoorKey::Cases if !around.cases.is_empty() => self.ask(Choice::Case),
            DoorKey::Cases => Effect::Show,
            DoorKey::Enter => self.enter(around),
        }
    }

    /// The entry of the current visitor is on the disk at `position`.
    pub(crate) fn written(&mut self, position: u64, verdict: &Verdict) {
        let done = std::mem::take(&mut self.current);
        self.last_written = done.shown.token();
        self.typed.clear();
        self.confirming_fever = false;
        if let Some(next) = self.waiting.pop_front() {
            self.current = next;
        } else if verdict.reasons() == [Reason::LowTemperature] {
            let follows = Some(Follows::LowReading(position));
            let shown = match done.shown {
                // The second reading of the same visit is no repetition.
                Shown::Decoded {
                    token,
                    reading,
                    colour,
                    ..
                } => Shown::Decoded {
                    token,
                    reading,
                    colour,
                    seen: None,
                },
                other => other,
            };
            self.current = Visitor {
                shown,
                mask: done.mask,
                follows,
                ..Visitor::default()
            };
        }
    }

    /// The entry could not be written; everything stays as it is for another Enter.
    pub(crate) fn not_written(&mut self) {
        self.complaint = Some(Prompt::NotWritten);
    }

    /// The entry is on the disk and cannot be read back: it must not be entered again.
    pub(crate) fn written_unseen(&mut self) {
        self.complaint = Some(Prompt::WrittenUnseen);
    }

    /// A held case is at the gate again. Whoever was there goes on waiting.
    pub(crate) fn recall(&mut self, position: u64, entry: &Entry) -> Effect {
        if !self.current.is_nobody() {
            if self.waiting.len() == MOST_WAITING {
                return self.complain(Prompt::TooManyWaiting);
            }
            self.waiting.push_front(std::mem::take(&mut self.current));
        }
        self.typed.clear();
        self.confirming_fever = false;
        self.current = Visitor {
            shown: Shown::recalled(entry),
            follows: Some(Follows::Case {
                position,
                wants_code: entry.reasons.iter().any(|reason| is_about_the_code(*reason))
                    || entry.fault.is_some(),
            }),
            ..Visitor::default()
        };
        Effect::Show
    }

    /// What the door waits for.
    pub(crate) fn prompt(&self) -> Prompt {
        if let Some(complaint) = self.complaint {
            return complaint;
        }
        match self.choice {
            Some(Choice::Document) => return Prompt::ChooseDocument,
            Some(Choice::VoidReason) => return Prompt::ChooseVoidReason,
            Some(Choice::Case) => return Prompt::ChooseCase,
            None => {}
        }
        if self.confirming_fever {
            return Prompt::ConfirmFever;
        }
        if !self.typed.is_empty() {
            return Prompt::PressEnter;
        }
        match (&self.current.shown, self.current.temperature) {
            (Shown::Decoded { colour: None, .. }, _) => Prompt::SayColour,
            (Shown::Nothing, Some(_)) => Prompt::TemperatureWaits,
            (Shown::Nothing, None) if self.current.follows.is_none() => Prompt::ShowCode,
            (_, Some(_)) => Prompt::PressEnter,
            (_, None) => Prompt::TypeTemperature,
        }
    }

    /// Whether a fever waits for its second Enter.
    pub(crate) fn is_confirming_fever(&self) -> bool {
        self.confirming_fever
    }

    fn digit(&mut self, digit: u8, complained: Option<Prompt>) -> Effect {
        // No temperature begins with 7, 8 or 9: on a numeric pad these keys say the colour.
        match (self.typed.is_empty(), digit) {
            (true, 7) => self.current.shown.say_colour(HealthColour::Green),
            (true, 8) => self.current.shown.say_colour(HealthColour::YellowOrange),
            (true, 9) => self.current.shown.say_colour(HealthColour::Red),
            (_, 0..=9) => return self.type_character(char::from(b'0' + digit), complained),
            (_, 10..) => {}
        }
        Effect::Show
    }

    fn type_character(&mut self, character: char, complained: Option<Prompt>) -> Effect {
        if matches!(complained, Some(Prompt::NotATemperature | Prompt::OutOfRange)) {
            self.typed.clear();
        }
        self.confirming_fever = false;
        self.current.temperature = None;
        if self.typed.len() < MOST_TYPED {
            self.typed.push(character);
        }
        Effect::Show
    }

    fn escape(&mut self, now: Duration) -> Effect {
        if !self.typed.is_empty() || self.current.temperature.is_some() {
            self.typed.clear();
            self.current.temperature = None;
        } else {
            let gone = std::mem::replace(&mut self.current, self.waiting.pop_front().unwrap_or_default());
            if let Some(token) = gone.shown.token() {
                self.in_view.retain(|(known, _)| *known != token);
                self.let_go.push((token, now));
            }
        }
        self.confirming_fever = false;
        Effect::Show
    }

    fn enter(&mut self, around: &Surroundings<'_>) -> Effect {
        if !self.typed.is_empty() {
            match BodyTemperature::parse(&self.typed) {
                Ok(temperature) => {
                    self.typed.clear();
                    self.current.temperature = Some((temperature, around.now));
                }
                Err(TemperatureRefusal::OutOfRange) => return self.complain(Prompt::OutOfRange),
                Err(TemperatureRefusal::NotANumber | TemperatureRefusal::Empty) => {
                    return self.complain(Prompt::NotATemperature);
                }
            }
        }
        let Some((temperature, _)) = self.current.temperature else {
            return if self.current.is_nobody() {
                Effect::Repeat
            } else {
                self.complain(Prompt::TypeTemperature)
            };
        };
        match self.current.shown {
            Shown::Nothing if around.fault.is_none() => return self.complain(Prompt::TemperatureWaits),
            Shown::Decoded { colour: None, .. } => return self.complain(Prompt::SayColour),
            Shown::Nothing | Shown::Decoded { .. } | Shown::SeenByStaff(_) | Shown::Document(_) => {}
        }
        // A slip like 385 for 365 is cheap to mend before it is written and a nuisance afterwards.
        if temperature.band(around.policy) == TemperatureBand::Fever && !self.confirming_fever {
            self.confirming_fever = true;
            return Effect::Attention;
        }
        let code = self.current.shown.for_rules();
        let fault = around.fault.filter(|_| self.current.shown.is_nothing());
        let observation = Observation {
            code,
            temperature,
            mask: self.current.mask,
            fault,
        };
        let verdict = decide(&observation, around.policy);
        Effect::Write { observation, verdict }
    }

    fn choose(&mut self, choice: Choice, key: DoorKey, around: &Surroundings<'_>) -> Effect {
        let DoorKey::Digit { digit } = key else {
            return Effect::Show;
        };
        match (choice, digit) {
            (Choice::Document, 1) => self.show_document(DocumentKind::Identity),
            (Choice::Document, 2) => self.show_document(DocumentKind::Paper),
            (Choice::Document, 3) => self.show_document(DocumentKind::Companion),
            (Choice::VoidReason, 1) => Effect::Void(VoidReason::WrongPerson),
            (Choice::VoidReason, 2) => Effect::Void(VoidReason::Typo),
            (Choice::VoidReason, 3) => Effect::Void(VoidReason::Duplicate),
            (Choice::VoidReason, 4) => Effect::Void(VoidReason::Test),
            (Choice::Case, 1..=9) => match around.cases.get(usize::from(digit) - 1) {
                Some(position) => Effect::Recall(*position),
                None => self.ask(choice),
            },
            (Choice::Document | Choice::VoidReason | Choice::Case, _) => self.ask(choice),
        }
    }

    fn show_document(&mut self, kind: DocumentKind) -> Effect {
        self.current.shown = Shown::Document(kind);
        Effect::Show
    }

    fn ask(&mut self, choice: Choice) -> Effect {
        self.choice = Some(choice);
        Effect::Show
    }

    fn complain(&mut self, complaint: Prompt) -> Effect {
        self.complaint = Some(complaint);
        Effect::Attention
    }
}

/// Whether a visitor held for this reason comes back with another code.
fn is_about_the_code(reason: Reason) -> bool {
    match reason {
        Reason::StaleCode
        | Reason::CodeFromTheFuture
        | Reason::ColourNotSeen
        | Reason::NothingShown
        | Reason::RepeatedCode
        | Reason::YellowCode
        | Reason::RedCode => true,
        Reason::Fever | Reason::LowTemperature | Reason::NoMask => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepost_codes::Reading;
    use gatepost_rules::{CodeShown, VerdictKind};

    /// Tokens are made from payloads, so a test borrows a real key for them.
    fn token(payload: &str) -> Token {
        gatepost_store::Keys::of_device(&[7; 32].into()).token(payload.as_bytes())
    }

    fn settled(colour: HealthColour) -> SeenNow {
        SeenNow {
            colour,
            settled: true,
        }
    }

    /// A held case as the store has it.
    fn case(reasons: &[Reason]) -> Entry {
        let verdict = VerdictKind::Hold;
        let observation = Observation {
            code: CodeShown::SeenByStaff(HealthColour::Green),
            temperature: BodyTemperature::from_tenths(381).expect("a fever"),
            mask: Mask::Worn,
            fault: None,
        };
        let decided = decide(&observation, &Policy::default());
        let entry = Entry::of(&observation, &decided, &Policy::default(), None);
        Entry {
            verdict,
            reasons: reasons.to_vec(),
            ..entry
        }
    }

    fn code(payload: &str, colour: Option<HealthColour>) -> SeenCode {
        SeenCode {
            token: token(payload),
            reading: Reading::UNKNOWN,
            colour: colour.map(settled),
            seen: None,
        }
    }

    struct Gate {
        door: Door,
        policy: Policy,
        fault: Option<Fault>,
        now: Duration,
        cases: Vec<u64>,
        last_own_entry: Option<u64>,
    }

    impl Gate {
        fn new() -> Gate {
            Gate {
                door: Door::default(),
                policy: Policy::default(),
                fault: None,
                now: Duration::from_secs(100),
                cases: vec![],
                last_own_entry: None,
            }
        }

        fn press(&mut self, key: DoorKey) -> Effect {
            let around = Surroundings {
                policy: &self.policy,
                fault: self.fault,
                now: self.now,
                last_own_entry: self.last_own_entry,
                cases: &self.cases,
            };
            self.door.press(key, &around)
        }

        fn type_keys(&mut self, keys: &str) -> Effect {
            let mut effect = Effect::Show;
            for key in keys.chars() {
                effect = self.press(match key {
                    '0'..='9' => DoorKey::Digit {
                        digit: key as u8 - b'0',
                    },
                    '.' => DoorKey::Point,
                    '⏎' => DoorKey::Enter,
                    '⌫' => DoorKey::Backspace,
                    '⎋' => DoorKey::Escape,
                    'm' => DoorKey::Mask,
                    '/' => DoorKey::NoPhone,
                    '-' => DoorKey::VoidLast,
                    '*' => DoorKey::Cases,
                    other => panic!("no such key: {other}"),
                });
            }
            effect
        }

        fn see(&mut self, payload: &str, colour: HealthColour) -> Sight {
            self.door.code_seen(code(payload, Some(colour)), self.now)
        }

        /// Types until an entry is to be written, and writes it at `position`.
        fn write(&mut self, keys: &str, position: u64) -> Verdict {
            let Effect::Write { verdict, .. } = self.type_keys(keys) else {
                panic!("nothing to write: {:?}", self.door.prompt());
            };
            self.door.written(position, &verdict);
            verdict
        }
    }

    #[test]
    fn a_green_code_and_three_digits_are_an_admission() {
        let mut gate = Gate::new();
        assert_eq!(gate.door.prompt(), Prompt::ShowCode);
        assert_eq!(gate.see("a", HealthColour::Green), Sight::New);
        assert_eq!(gate.door.prompt(), Prompt::TypeTemperature);
        assert_eq!(gate.write("365⏎", 1), Verdict::Admit);
        assert_eq!(gate.door.prompt(), Prompt::ShowCode);
    }

    #[test]
    fn a_fever_is_written_only_after_a_second_enter() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.type_keys("373⏎"), Effect::Attention);
        assert_eq!(gate.door.prompt(), Prompt::ConfirmFever);
        assert_eq!(gate.write("⏎", 1).kind(), VerdictKind::Hold);
    }

    #[test]
    fn a_slip_that_looks_like_a_fever_is_mended_by_typing_again() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("385⏎");
        assert_eq!(gate.write("365⏎", 1), Verdict::Admit);
    }

    #[test]
    fn after_a_low_reading_the_same_visitor_is_measured_again_without_another_scan() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.write("348⏎", 7).reasons(), [Reason::LowTemperature]);
        assert_eq!(gate.door.current.follows, Some(Follows::LowReading(7)));
        assert_eq!(gate.door.prompt(), Prompt::TypeTemperature);
        assert_eq!(gate.write("364⏎", 8), Verdict::Admit);
        assert!(gate.door.current.is_nobody());
    }

    #[test]
    fn whoever_shows_another_code_after_a_low_reading_is_another_person() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.write("348⏎", 7);
        assert_eq!(gate.see("b", HealthColour::Green), Sight::New);
        assert_eq!(gate.door.current.follows, None);
        assert_eq!(gate.door.current.shown.token(), Some(token("b")));
    }

    #[test]
    fn a_temperature_waits_eight_seconds_for_its_code_and_no_longer() {
        let mut gate = Gate::new();
        gate.type_keys("365⏎");
        assert_eq!(gate.door.prompt(), Prompt::TemperatureWaits);
        assert!(!gate.door.tick(gate.now + Duration::from_secs(8)));
        assert!(gate.door.tick(gate.now + Duration::from_millis(8001)));
        assert_eq!(gate.door.current.temperature, None);
    }

    #[test]
    fn a_code_joins_the_temperature_that_waits_for_it() {
        let mut gate = Gate::new();
        gate.type_keys("365⏎");
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.door.prompt(), Prompt::PressEnter);
        assert_eq!(gate.write("⏎", 1), Verdict::Admit);
    }

    #[test]
    fn a_second_code_waits_and_never_replaces_the_visitor_who_is_being_checked() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("36");
        assert_eq!(gate.see("b", HealthColour::Red), Sight::New);
        assert_eq!(gate.see("c", HealthColour::Green), Sight::New);
        assert_eq!(gate.see("d", HealthColour::Green), Sight::NotTaken);
        assert_eq!(
            gate.see("d", HealthColour::Green),
            Sight::Same,
            "complained of once"
        );
        assert_eq!(gate.write("5⏎", 1), Verdict::Admit);
        assert_eq!(gate.see("d", HealthColour::Green), Sight::New);
        assert_eq!(gate.write("364⏎", 2).kind(), VerdictKind::Refuse);
        assert_eq!(gate.door.current.shown.token(), Some(token("c")));
    }

    #[test]
    fn a_code_that_stays_in_view_is_one_visitor_and_one_that_comes_back_later_is_looked_at_anew() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        let seconds = |seconds: u64| Duration::from_secs(100 + seconds);
        assert!(gate.door.is_in_view(token("a"), seconds(5)));
        assert!(gate.door.is_in_view(token("a"), seconds(10)));
        assert!(!gate.door.is_in_view(token("a"), seconds(16)));
        assert!(!gate.door.is_in_view(token("b"), seconds(5)));
    }

    #[test]
    fn the_camera_may_mend_its_own_word_on_the_colour_but_never_the_guards() {
        let mut gate = Gate::new();
        gate.door.code_seen(code("a", None), gate.now);
        assert_eq!(gate.door.prompt(), Prompt::SayColour);
        assert_eq!(
            gate.door
                .still_seen(token("a"), Some(settled(HealthColour::Green))),
            Sight::BetterColour
        );
        assert_eq!(
            gate.door
                .still_seen(token("a"), Some(settled(HealthColour::Green))),
            Sight::Same
        );
        gate.press(DoorKey::Colour {
            colour: HealthColour::Red,
        });
        assert_eq!(
            gate.door
                .still_seen(token("a"), Some(settled(HealthColour::Green))),
            Sight::Same
        );
        assert_eq!(gate.write("365⏎", 1).kind(), VerdictKind::Refuse);
    }

    #[test]
    fn an_untold_colour_must_be_said_before_anything_is_written() {
        let mut gate = Gate::new();
        gate.door.code_seen(code("a", None), gate.now);
        assert_eq!(gate.type_keys("365⏎"), Effect::Attention);
        assert_eq!(gate.door.prompt(), Prompt::SayColour);
        assert_eq!(gate.write("7⏎", 1), Verdict::Admit);
    }

    #[test]
    fn seven_eight_and_nine_say_the_colour_only_where_no_temperature_was_begun() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("8");
        let Effect::Write { observation, verdict } = gate.type_keys("369⏎") else {
            panic!("not written")
        };
        assert_eq!(observation.temperature.tenths(), 369);
        assert_eq!(verdict.reasons(), [Reason::YellowCode]);
    }

    #[test]
    fn a_slip_of_the_finger_is_refused_and_the_next_digit_begins_anew() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.type_keys("65⏎"), Effect::Attention);
        assert_eq!(gate.door.prompt(), Prompt::OutOfRange);
        assert_eq!(gate.write("365⏎", 1), Verdict::Admit);
        gate.see("b", HealthColour::Green);
        gate.type_keys("3.65⏎");
        assert_eq!(gate.door.prompt(), Prompt::NotATemperature);
        assert_eq!(gate.write("366⏎", 2), Verdict::Admit);
    }

    #[test]
    fn no_mask_is_one_key_and_put_on_after_a_reminder_is_one_more() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.write("m365⏎", 1).reasons(), [Reason::NoMask]);
        gate.see("b", HealthColour::Green);
        assert_eq!(gate.write("mm365⏎", 2), Verdict::Admit);
    }

    #[test]
    fn without_a_picture_the_temperature_alone_is_a_check_by_hand_and_a_said_colour_is_not() {
        let mut gate = Gate::new();
        gate.fault = Some(Fault::CameraNoPicture);
        assert_eq!(
            gate.write("365⏎", 1),
            Verdict::CheckByHand(Fault::CameraNoPicture)
        );
        let Effect::Write { observation, verdict } = gate.type_keys("7365⏎") else {
            panic!("not written")
        };
        assert_eq!(verdict, Verdict::Admit);
        assert_eq!(observation.code, CodeShown::SeenByStaff(HealthColour::Green));
    }

    #[test]
    fn a_visitor_without_a_phone_shows_a_document() {
        let mut gate = Gate::new();
        gate.type_keys("/");
        assert_eq!(gate.door.prompt(), Prompt::ChooseDocument);
        let Effect::Write { observation, verdict } = gate.type_keys("1365⏎") else {
            panic!("not written")
        };
        assert_eq!(verdict, Verdict::Admit);
        assert_eq!(observation.code, CodeShown::Document(DocumentKind::Identity));
    }

    #[test]
    fn the_last_own_entry_is_voided_with_a_reason_or_not_at_all() {
        let mut gate = Gate::new();
        assert_eq!(gate.type_keys("-"), Effect::Attention);
        assert_eq!(gate.door.prompt(), Prompt::NothingToVoid);
        gate.last_own_entry = Some(3);
        gate.type_keys("-");
        assert_eq!(gate.door.prompt(), Prompt::ChooseVoidReason);
        assert_eq!(gate.type_keys("⎋"), Effect::Show);
        assert_eq!(gate.type_keys("-2"), Effect::Void(VoidReason::Typo));
    }

    #[test]
    fn a_held_case_is_called_up_and_its_next_reading_follows_it() {
        let mut gate = Gate::new();
        gate.cases = vec![11, 15];
        assert_eq!(gate.type_keys("*2"), Effect::Recall(15));
        gate.door.recall(15, &case(&[Reason::Fever]));
        assert_eq!(gate.door.current.follows.map(Follows::position), Some(15));
        assert_eq!(gate.write("368⏎", 16), Verdict::Admit);
    }

    #[test]
    fn a_case_that_is_called_up_does_not_lose_the_visitor_at_the_gate() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.door.recall(15, &case(&[Reason::Fever]));
        gate.write("368⏎", 16);
        assert_eq!(gate.door.current.shown.token(), Some(token("a")));
    }

    #[test]
    fn escape_takes_back_what_was_typed_and_then_lets_the_visitor_go() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.see("b", HealthColour::Green);
        gate.type_keys("36⎋");
        assert_eq!(gate.door.typed, "");
        assert_eq!(gate.door.current.shown.token(), Some(token("a")));
        gate.type_keys("⎋");
        assert_eq!(gate.door.current.shown.token(), Some(token("b")));
    }

    #[test]
    fn an_entry_that_could_not_be_written_stays_for_another_enter() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("365⏎");
        gate.door.not_written();
        assert_eq!(gate.door.prompt(), Prompt::NotWritten);
        assert_eq!(gate.write("⏎", 1), Verdict::Admit);
    }

    #[test]
    fn enter_with_nobody_there_repeats_the_last_card() {
        assert_eq!(Gate::new().type_keys("⏎"), Effect::Repeat);
    }

    #[test]
    fn while_a_fever_case_is_measured_again_the_next_visitors_code_waits() {
        let mut gate = Gate::new();
        gate.door.recall(15, &case(&[Reason::Fever]));
        gate.see("b", HealthColour::Green);
        assert_eq!(gate.door.current.shown.token(), None);
        assert_eq!(gate.write("368⏎", 16), Verdict::Admit);
        assert_eq!(gate.door.current.shown.token(), Some(token("b")));
        assert_eq!(gate.door.current.follows, None);
    }

    #[test]
    fn a_case_that_was_held_for_its_code_takes_one_new_code_and_no_second_one() {
        let mut gate = Gate::new();
        gate.door.recall(15, &case(&[Reason::StaleCode]));
        gate.see("a", HealthColour::Green);
        assert_eq!(gate.door.current.shown.token(), Some(token("a")));
        gate.see("b", HealthColour::Red);
        assert_eq!(gate.write("365⏎", 16), Verdict::Admit);
        assert_eq!(gate.door.current.shown.token(), Some(token("b")));
    }

    #[test]
    fn a_code_that_is_read_after_the_guard_said_its_colour_is_the_same_visitors_and_keeps_the_word() {
        let mut gate = Gate::new();
        gate.type_keys("736");
        gate.see("a", HealthColour::Red);
        assert!(gate.door.waiting.is_empty());
        assert_eq!(gate.write("5⏎", 1), Verdict::Admit);
        assert!(gate.door.current.is_nobody());
    }

    #[test]
    fn one_frames_guess_at_a_colour_fills_a_gap_and_overrules_nothing() {
        let mut gate = Gate::new();
        let guess = |colour| {
            Some(SeenNow {
                colour,
                settled: false,
            })
        };
        gate.door.code_seen(code("a", None), gate.now);
        assert_eq!(
            gate.door.still_seen(token("a"), guess(HealthColour::Red)),
            Sight::BetterColour
        );
        assert_eq!(
            gate.door.still_seen(token("a"), guess(HealthColour::Green)),
            Sight::Same
        );
        assert_eq!(gate.write("365⏎", 1).kind(), VerdictKind::Refuse);
    }

    #[test]
    fn a_visitor_who_was_let_go_is_looked_at_anew_after_five_seconds_although_the_phone_is_still_held_up() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("⎋");
        for second in 1..=5 {
            assert!(
                gate.door
                    .is_in_view(token("a"), gate.now + Duration::from_secs(second))
            );
        }
        assert!(
            !gate
                .door
                .is_in_view(token("a"), gate.now + Duration::from_millis(5001))
        );
    }

    #[test]
    fn after_a_void_the_code_that_is_still_held_up_is_looked_at_at_once() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.write("385⏎⏎", 1);
        assert!(gate.door.is_in_view(token("a"), gate.now));
        gate.door.voided();
        assert!(!gate.door.is_in_view(token("a"), gate.now));
    }

    #[test]
    fn a_code_never_joins_an_entry_whose_writing_failed_and_other_content_is_another_entry() {
        let mut gate = Gate::new();
        gate.fault = Some(Fault::CameraNoPicture);
        gate.type_keys("365⏎");
        let first = gatepost_store::ScanId::random().expect("randomness");
        gate.door.current.scan_id = Some(first);
        gate.door.not_written();
        gate.see("b", HealthColour::Green);
        assert_eq!(gate.door.current.shown.token(), None);
        gate.type_keys("m");
        assert_eq!(gate.door.current.scan_id, None);
    }

    #[test]
    fn a_fever_that_waits_for_its_second_enter_is_not_passed_on_to_a_recalled_case() {
        let mut gate = Gate::new();
        gate.see("a", HealthColour::Green);
        gate.type_keys("385⏎");
        gate.door.recall(15, &case(&[Reason::Fever]));
        assert!(!gate.door.is_confirming_fever());
        assert_eq!(gate.door.prompt(), Prompt::TypeTemperature);
    }
}
