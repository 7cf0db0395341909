//! A real browser without a window: Chromium, spoken to over a pipe in its own protocol (DevTools:
//! JSON texts, each ended by a zero byte).

use serde_json::{Value, json};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the browser may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// What it may be called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// The shell gives it our pipes where it looks for them, as 3 and 4.
const BEGIN: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// The browser with one page in it.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    count: u64,
    /// What went wrong on the page, by what the browser says of it.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

/// The program, where there is one.
pub fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let places: Vec<PathBuf> = env::split_paths(&path).collect();
    let all = NAMES.iter().flat_map(|name| places.iter().map(move |it| it.join(name)));
    all.into_iter().find(|file| file.is_file())
}

impl Browser {
    /// Starts it, with a window of this size if it had one.
    pub fn start(program: &Path, (width, height): (u32, u32)) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", BEGIN])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = listen(child.stdout.take().unwrap());
        let (session, complaints) = (None, Vec::new());
        let mut browser =
            Browser { child, to, from, session, count: 0, complaints, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", &attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, &json!({}));
        }
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", &size);
        browser
    }

    /// Opens a file, at a moment that a fragment names, and waits until the page says it is ready.
    pub fn open(&mut self, file: &Path, fragment: &str) {
        // Only another fragment would not be another page.
        self.call("Page.navigate", &json!({ "url": "about:blank" }));
        let url = format!("file://{}{fragment}", file.display());
        self.call("Page.navigate", &json!({ "url": url }));
        let until = Instant::now() + PATIENCE;
        while self.evaluate("document.documentElement?.dataset.ready") != "true" {
            assert!(Instant::now() < until, "{url} is never ready: {:?}", self.complaints);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression on the page; of a promise, what it comes to.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.count += 1;
        let mut asked = json!({ "id": self.count, "method": method, "params": params });
        if let Some(session) = &self.session {
            asked["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{asked}\0").as_bytes()).unwrap();
        loop {
            let said = self.from.recv_timeout(PATIENCE).expect("the browser answers");
            if said["id"] == self.count {
                assert!(said.get("error").is_none(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
            self.hear(&said);
        }
    }

    fn hear(&mut self, said: &Value) {
        let params = &said["params"];
        let complains = match said["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => params["type"] == "error",
            Some("Log.entryAdded") => params["entry"]["level"] == "error",
            _ => false,
        };
        if complains {
            self.complaints.push(params.to_string());
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says, read on a thread of its own, so that nobody waits for ever.
fn listen(from: ChildStdout) -> Receiver<Value> {
    let (to, said) = mpsc::channel();
    thread::spawn(move || {
        let texts = BufReader::new(from).split(0).map_while(Result::ok);
        for text in texts {
            let said = serde_json::from_slice(&text).expect("the browser speaks JSON");
            if to.send(said).is_err() {
                return;
            }
        }
    });
    said
}
