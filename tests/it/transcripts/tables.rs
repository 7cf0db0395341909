//! What a recording does not say. Everything that is special about one recording stands here.

use serde_json::{Value, json};

/// The session that a client made up; no server ever gave it out.
pub const MADE_UP_SESSION: i64 = 0x123_4567;

/// Recordings of a server of their own, which looks every second for containers and TTL znodes to
/// delete.
pub const OWN_SERVER: &[&str] = &["p20_container", "p21_ttl"];

/// Arguments that a recording leaves out: of which operation, which, and what they were.
pub fn omitted(script: &str, op: &str, key: &str) -> Option<Value> {
    Some(match (script, op, key) {
        ("p23_paths", "setData", "data") => json!("1"),
        ("p25_sync_pipeline", "setData", "data") => json!("a"),
        ("p25_sync_pipeline", "create", "flags") => json!(2),
        (_, "create", "data") => json!(""),
        (_, "create", "acl") => json!([[31, "world", "anyone"]]),
        (_, "create", "flags") => json!(0),
        (_, "setData" | "delete", "version") => json!(-1),
        (_, "exists" | "getData" | "getChildren", "watch") => json!(false),
        _ => return None,
    })
}

/// The password that a client shows with its first packet, where it is neither that of its session
/// nor zeros. `Some(None)` for none at all.
pub fn password(script: &str, conn: &str) -> Option<Option<Vec<u8>>> {
    match (script, conn) {
        ("p01_connect", "c14") => Some(Some(Vec::new())),
        ("p01_connect", "c15") => Some(None),
        _ => None,
    }
}

/// How long to wait before each request, in milliseconds: where the times of two requests are
/// compared, they must differ.
pub fn pause_ms(script: &str) -> u64 {
    if script == "p09_stat" { 10 } else { 0 }
}

/// What a note was found out by.
pub enum Finding {
    /// Whether mtime and ctime are the same as in the Stat of the same znode so many Stats before:
    /// mtime is later, or the same; ctime is the same.
    Times { before: usize, mtime_moves: bool },
    /// Whether mtime and ctime of the last Stat are the same.
    Fresh,
    /// Whether a session that is not in the recording no longer finds this znode, asked again and
    /// again.
    Gone(&'static str),
}

/// How to find out what a note says.
pub fn finding(note: &str) -> Option<Finding> {
    Some(match note {
        "setData moves mtime, not ctime" => Finding::Times { before: 1, mtime_moves: true },
        "a child moves neither time" => Finding::Times { before: 1, mtime_moves: false },
        "new node: mtime == ctime" => Finding::Fresh,
        // Between the two lies the answer to setACL.
        "an acl moves neither time" => Finding::Times { before: 2, mtime_moves: false },
        "the container is gone" => Finding::Gone("c"),
        "the ttl node is gone" => Finding::Gone("t"),
        "the sequential one too" => Finding::Gone("s-0000000002"),
        "the parent once it is empty" => Finding::Gone("parent"),
        _ => return None,
    })
}

/// What of the text of a four-letter word counts: numbers do not, nor does the version.
pub fn text_of_word(word: &str, text: &str) -> Value {
    match word {
        "srvr" => json!(masked(text).split('\n').collect::<Vec<_>>()),
        "stat" => {
            let masked = masked(text);
            let lines = masked.split('\n').filter(|it| it.contains(':') && !it.starts_with(" /"));
            json!(lines.collect::<Vec<_>>())
        }
        _ => json!(text),
    }
}

fn masked(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("Zookeeper version:") {
        Some(_) => "Zookeeper version: *".to_owned(),
        None => numbers_masked(line),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Hexadecimal numbers become X, decimal ones N.
fn numbers_masked(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (mark, length) = match rest.strip_prefix("0x") {
            Some(hex) => ("X", 2 + digits(hex, |it| it.is_ascii_hexdigit())),
            None => ("N", decimal(rest)),
        };
        if length > 0 {
            out.push_str(mark);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn decimal(text: &str) -> usize {
    let whole = digits(text, |it| it.is_ascii_digit());
    let part = text[whole..].strip_prefix('.').map_or(0, |it| digits(it, |it| it.is_ascii_digit()));
    if whole > 0 && part > 0 { whole + 1 + part } else { whole }
}

fn digits(text: &str, is_digit: fn(char) -> bool) -> usize {
    text.find(|it| !is_digit(it)).unwrap_or(text.len())
}
