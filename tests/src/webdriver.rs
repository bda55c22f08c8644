//! As much of WebDriver as a test needs (<https://www.w3.org/TR/webdriver2/>). Every call has a time limit.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use ureq::Agent;

use crate::keys::{SHIFT, code_of, needs_shift};

/// The program has to start, and on a busy machine that takes a while.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Far more than any answer needs; a window that hangs for so long has failed.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// A call that came to nothing: the driver's own words, or those of the connection.
#[derive(Debug)]
pub struct Refused(pub String);

/// A session with one window.
#[derive(Debug)]
pub struct Session {
    agent: Agent,
    base: String,
}

impl Session {
    /// Has the driver at `port` start a program.
    ///
    /// # Errors
    /// [`Refused`] when the driver does not answer or the program does not start.
    pub fn start(port: u16, binary: &str, arguments: &[String]) -> Result<Session, Refused> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(CALL_LIMIT))
            .build()
            .into();
        let driver = format!("http://127.0.0.1:{port}");
        let options = json!({ "binary": binary, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = post(&agent, &format!("{driver}/session"), &wanted, START_LIMIT)?;
        let Some(id) = answer["sessionId"].as_str() else {
            return Err(Refused(format!("no session: {answer}")));
        };
        Ok(Session {
            base: format!("{driver}/session/{id}"),
            agent,
        })
    }

    /// Runs the body of a function in the window and returns what it returns.
    ///
    /// # Errors
    /// [`Refused`] when the script throws, or the window is gone.
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Result<Value, Refused> {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The same for a body that hands its result to its last argument, a function.
    ///
    /// # Errors
    /// [`Refused`] when the script throws, never answers, or the window is gone.
    pub fn execute_async(&self, script: &str, arguments: &[Value]) -> Result<Value, Refused> {
        self.post("/execute/async", &json!({ "script": script, "args": arguments }))
    }

    /// Presses and releases keys, one after the other, with Shift where a keyboard needs it. `⇤` is Tab with Shift.
    ///
    /// # Errors
    /// [`Refused`] when the window is gone.
    pub fn press(&self, keys: &str) -> Result<(), Refused> {
        let mut actions = Vec::new();
        let mut act = |kind: &str, code: char| actions.push(json!({ "type": kind, "value": code }));
        for sign in keys.chars() {
            let code = code_of(if sign == '⇤' { '⇥' } else { sign });
            let shifted = sign == '⇤' || needs_shift(code);
            if shifted {
                act("keyDown", SHIFT);
            }
            act("keyDown", code);
            act("keyUp", code);
            if shifted {
                act("keyUp", SHIFT);
            }
        }
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// The page as PNG.
    ///
    /// # Errors
    /// [`Refused`] when the window is gone.
    pub fn screenshot(&self) -> Result<Vec<u8>, Refused> {
        let answer = self.get("/screenshot")?;
        let text = answer.as_str().unwrap_or_default();
        BASE64_STANDARD
            .decode(text)
            .map_err(|error| Refused(error.to_string()))
    }

    /// Makes the window this large.
    ///
    /// # Errors
    /// [`Refused`] when the window is gone.
    pub fn resize(&self, width: u32, height: u32) -> Result<(), Refused> {
        self.post("/window/rect", &json!({ "width": width, "height": height }))
            .map(drop)
    }

    fn get(&self, path: &str) -> Result<Value, Refused> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        value_of(answer)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        post(&self.agent, &format!("{}{path}", self.base), body, CALL_LIMIT)
    }
}

fn post(agent: &Agent, address: &str, body: &Value, limit: Duration) -> Result<Value, Refused> {
    let call = agent
        .post(address)
        .config()
        .timeout_global(Some(limit))
        .build()
        .content_type("application/json");
    value_of(call.send(body.to_string()))
}

/// The `value` of an answer, or the error in it.
fn value_of(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Refused> {
    let lost = |error: ureq::Error| Refused(error.to_string());
    let mut answer = answer.map_err(lost)?;
    // A screenshot of a full screen is a few megabytes.
    let body = answer.body_mut().with_config().limit(64 << 20);
    let text = body.read_to_string().map_err(lost)?;
    let mut parsed: Value =
        serde_json::from_str(&text).map_err(|error| Refused(format!("{error}: {text}")))?;
    let value = parsed["value"].take();
    if answer.status().is_success() {
        Ok(value)
    } else {
        Err(Refused(value.to_string()))
    }
}
