//! A request's arguments as a recording has them, and as bytes.

use super::tables;
use super::wire::Bytes;
use serde_json::Value;
use sha1::{Digest, Sha1};

/// The arguments of one request.
pub struct Args<'a> {
    pub script: &'a str,
    pub op: &'a str,
    pub value: &'a Value,
}

impl Args<'_> {
    fn get(&self, key: &str) -> Value {
        match self.value.get(key) {
            Some(value) => value.clone(),
            None => tables::omitted(self.script, self.op, key)
                .unwrap_or_else(|| panic!("{}: what was `{key}` of {}?", self.script, self.op)),
        }
    }

    fn int(&self, key: &str) -> i64 {
        self.get(key).as_i64().unwrap()
    }

    /// The body behind the header.
    pub fn body(&self) -> Vec<u8> {
        let mut to = Bytes::default();
        match self.op {
            "create" | "create2" | "createContainer" | "createTTL" => {
                to.bytes(Some(&self.path())).bytes(self.data().as_deref());
                to.acls(&self.get("acl")).int(self.int("flags"));
                if self.op == "createTTL" {
                    to.long(self.int("ttl"));
                }
            }
            "delete" | "check" => {
                to.bytes(Some(&self.path())).int(self.int("version"));
            }
            "exists" | "getData" | "getChildren" | "getChildren2" => {
                to.bytes(Some(&self.path())).bool(self.get("watch") == true);
            }
            "setData" => {
                to.bytes(Some(&self.path())).bytes(self.data().as_deref());
                to.int(self.int("version"));
            }
            "setACL" => {
                to.bytes(Some(&self.path())).acls(&self.get("acl")).int(self.int("version"));
            }
            "getACL" | "sync" | "getAllChildrenNumber" => {
                to.bytes(Some(&self.path()));
            }
            "getEphemerals" => {
                to.text(&self.get("prefix"));
            }
            "addWatch" => {
                to.bytes(Some(&self.path())).int(self.int("mode"));
            }
            "removeWatches" | "checkWatches" => {
                to.bytes(Some(&self.path())).int(self.int("type"));
            }
            "auth" => {
                to.int(0).text(&self.get("scheme")).text(&self.get("auth"));
            }
            "multi" => self.multi(&mut to),
            "whoAmI" | "ping" | "closeSession" => {}
            op => panic!("{}: nobody knows how to ask for {op}", self.script),
        }
        to.0
    }

    fn multi(&self, to: &mut Bytes) {
        for part in self.get("ops").as_array().unwrap() {
            let op = part[0].as_str().unwrap();
            to.int(super::wire::number(op)).bool(false).int(-1).text(&part[1]);
            match op {
                "create" | "create2" | "createContainer" | "createTTL" => {
                    to.text(&part[2]).acls(&part[3]).int(part[4].as_i64().unwrap());
                    if let Some(ttl) = part.get(5) {
                        to.long(ttl.as_i64().unwrap());
                    }
                }
                "delete" | "check" => {
                    to.int(part[2].as_i64().unwrap());
                }
                "setData" => {
                    to.text(&part[2]).int(part[3].as_i64().unwrap());
                }
                op => panic!("{}: nobody knows how to ask for {op} in a multi", self.script),
            }
        }
        to.int(-1).bool(true).int(-1);
    }

    fn path(&self) -> Vec<u8> {
        let text = self.get("path");
        let text = text.as_str().unwrap();
        if self.script != "p23_paths" {
            return text.as_bytes().to_vec();
        }
        // Here it is a literal of Python, and most of them are below the recording's own znode.
        let path = literal(text);
        let whole: [&[u8]; 4] = [b"", b"a", b"a/b", b"//"];
        if whole.contains(&path.as_slice()) { path } else { [b"/g_p23_paths", &path[..]].concat() }
    }

    fn data(&self) -> Option<Vec<u8>> {
        if let (Some(number), "setData") = (self.value.get("i"), self.op) {
            return Some(number.to_string().into_bytes());
        }
        match self.get("data") {
            Value::Null => None,
            Value::String(text) => Some(text.into_bytes()),
            digest => Some(known_data(&digest)),
        }
    }
}

/// Data of which only length and digest were recorded.
fn known_data(digest: &Value) -> Vec<u8> {
    let candidates = [(0..=255).collect::<Vec<u8>>(), vec![b'x'; 100_000]];
    candidates.into_iter().find(|it| data_word(it) == *digest).expect("data that were recorded")
}

/// Data as a recording shows them: short text, or length and digest.
pub fn data_word(data: &[u8]) -> Value {
    let plain = |it: &u8| (32..127).contains(it) || *it == b'\n';
    if data.len() <= 200 && data.iter().all(plain) {
        return Value::String(String::from_utf8(data.to_vec()).unwrap());
    }
    let digest: String = Sha1::digest(data).iter().map(|it| format!("{it:02x}")).collect();
    serde_json::json!({ "len": data.len(), "sha1": digest[..12] })
}

/// The bytes of a string literal of Python that is all ASCII: escapes are code points, and those of
/// lone surrogates are encoded like any other.
fn literal(text: &str) -> Vec<u8> {
    let inner = &text[1..text.len() - 1];
    let (mut out, mut rest) = (Vec::new(), inner);
    while let Some(first) = rest.chars().next() {
        let digits = match rest.get(..2) {
            Some("\\x") => 2,
            Some("\\u") => 4,
            Some("\\U") => 8,
            _ => {
                assert!(first != '\\' && first.is_ascii(), "an escape that no recording has");
                out.push(first as u8);
                rest = &rest[1..];
                continue;
            }
        };
        push_code_point(u32::from_str_radix(&rest[2..2 + digits], 16).unwrap(), &mut out);
        rest = &rest[2 + digits..];
    }
    out
}

fn push_code_point(code: u32, out: &mut Vec<u8>) {
    if let Some(it) = char::from_u32(code) {
        out.extend(it.to_string().as_bytes());
        return;
    }
    let part = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    out.extend([0xe0 | (code >> 12) as u8, part(6), part(0)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        assert_eq!(literal("''"), b"");
        assert_eq!(literal("'/a\\x01b'"), b"/a\x01b");
        assert_eq!(literal("'/\\u4e2d'"), "/\u{4e2d}".as_bytes());
        assert_eq!(literal("'/\\ud800'"), b"/\xed\xa0\x80");
        assert_eq!(literal("'/\\U0001f600'"), "/\u{1f600}".as_bytes());
    }
}
