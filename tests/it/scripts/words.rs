//! The words that scripts and transcripts of several cores share.

use menagerie::base::{Data, ServerId, Stat};
use menagerie::ops::{
    Check, CloseSession, Create, CreateTtl, Delete, Exists, GetAcl, GetAllChildrenNumber,
    GetChildren, GetData, GetEphemerals, Multi, MultiRead, MultiResult, Part, Ping, Read, Reconfig,
    Reply, Request, SetAcl, SetData, Sync, WhoAmI,
};
use menagerie::wire::{Acl, Identity, Membership, SetWatches};

/// A word of a script: `''` is the empty text, `\u002f` a character.
pub(super) fn text(word: &str) -> String {
    let mut pieces = word.split("\\u");
    let mut all = pieces.next().unwrap().replace("''", "");
    for piece in pieces {
        let (digits, rest) = piece.split_at(4);
        all.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        all.push_str(rest);
    }
    all
}

fn data(word: &str) -> Data {
    if word == "null" { Data::NULL } else { text(word).into() }
}

/// The value behind `key=`.
pub(super) fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// `voters 3 observers=1`: s1 to s3 vote, s4 observes.
pub(super) fn ensemble_of(line: &str) -> Membership {
    let voters: u8 = line.split(' ').nth(1).unwrap().parse().unwrap();
    let observers: u8 = field(line, "observers").map_or(0, |it| it.parse().unwrap());
    let ids = |from: u8, count: u8| (from + 1..=from + count).map(ServerId).collect::<Vec<_>>();
    Membership::named(&ids(0, voters), &ids(voters, observers))
}

/// `create /a x`, `create2 /a- x flags=3`, `delete /a 0`, `set /a x -1`, `multi …; …`, `close`,
/// `get /a watch`, …
pub(super) fn request(line: &str) -> Request {
    let words: Vec<&str> = line.split(' ').collect();
    let path = || text(words[1]);
    let watch = words.contains(&"watch");
    match words[0] {
        "multi" => {
            let parts = line.strip_prefix("multi").unwrap().split(';').map(str::trim);
            Request::Multi(Multi { parts: parts.filter(|it| !it.is_empty()).map(part).collect() })
        }
        "create" | "create2" | "delete" | "set" => match part(line) {
            Part::Create(it) => Request::Create(it),
            Part::Create2(it) => Request::Create2(it),
            Part::Delete(it) => Request::Delete(it),
            Part::SetData(it) => Request::SetData(it),
            part => unreachable!("{part:?} is none of these"),
        },
        "close" => Request::CloseSession(CloseSession),
        "reconfig" => Request::Reconfig(reconfig(line)),
        "exists" => Request::Exists(Exists { path: path(), watch }),
        "get" => Request::GetData(GetData { path: path(), watch }),
        "children" => Request::GetChildren(GetChildren { path: path(), watch }),
        "children2" => Request::GetChildren2(GetChildren { path: path(), watch }),
        "sync" => Request::Sync(Sync { path: path() }),
        "ping" => Request::Ping(Ping),
        "setWatches" => {
            let paths = |key| {
                let all = field(line, key).unwrap_or("").split(',').filter(|it| !it.is_empty());
                all.map(str::to_owned).collect()
            };
            Request::SetWatches(SetWatches {
                since: field(line, "since").unwrap().parse().unwrap(),
                data: paths("data"),
                exist: paths("exist"),
                child: paths("child"),
                ..SetWatches::default()
            })
        }
        "createContainer" => Request::CreateContainer(create(&words)),
        "createTTL" => {
            let ttl_ms = field(line, "ttl").unwrap().parse().unwrap();
            Request::CreateTtl(CreateTtl { create: create(&words), ttl_ms })
        }
        "getACL" => Request::GetAcl(GetAcl { path: path() }),
        "setACL" => {
            let version = field(line, "version").map_or(-1, |it| it.parse().unwrap());
            Request::SetAcl(SetAcl { path: path(), acls: acls_of(&words), version })
        }
        "ephemerals" => Request::GetEphemerals(GetEphemerals { prefix: path() }),
        "below" => Request::GetAllChildrenNumber(GetAllChildrenNumber { path: path() }),
        "who" => Request::WhoAmI(WhoAmI),
        "reads" => {
            let read = |path: &&str| Read::Data(GetData { path: text(path), watch: false });
            Request::MultiRead(MultiRead { parts: words[1..].iter().map(read).collect() })
        }
        _ => panic!("no request: {line}"),
    }
}

/// `reconfig join=4,5o leave=1,2 members=1,2,4o version=5`: whoever has an `o` observes.
fn reconfig(line: &str) -> Reconfig {
    let lines = |list: &str| {
        let ids = |observes: bool| -> Vec<ServerId> {
            let words = list.split(',').filter(|it| it.ends_with('o') == observes);
            words.map(|it| ServerId(it.trim_end_matches('o').parse().unwrap())).collect()
        };
        let members = Membership::named(&ids(false), &ids(true)).members;
        let lines = members.iter().map(|(id, it)| format!("server.{}={it}", id.0));
        lines.collect::<Vec<_>>().join(",")
    };
    Reconfig {
        joining: field(line, "join").map(lines),
        leaving: field(line, "leave").map(str::to_owned),
        members: field(line, "members").map(lines),
        version: field(line, "version").map_or(-1, |it| i64::from_str_radix(it, 16).unwrap()),
    }
}

fn part(line: &str) -> Part {
    let words: Vec<&str> = line.split(' ').collect();
    let path = text(words[1]);
    let number = || words.last().unwrap().parse().unwrap();
    match words[0] {
        "create" => Part::Create(create(&words)),
        "create2" => Part::Create2(create(&words)),
        "delete" => Part::Delete(Delete { path, version: number() }),
        "set" => Part::SetData(SetData { path, data: data(words[2]), version: number() }),
        "check" => Part::Check(Check { path, version: number() }),
        _ => panic!("no part of a multi: {line}"),
    }
}

fn create(words: &[&str]) -> Create {
    let flags = words.iter().find_map(|it| it.strip_prefix("flags="));
    Create {
        path: text(words[1]),
        data: data(words.get(2).unwrap_or(&"''")),
        acls: acls_of(words),
        flags: flags.map_or(0, |it| it.parse().unwrap()),
    }
}

/// `acl=none`, or `acl=PERMS:SCHEME:ID`, once or several times; without it the open one.
fn acls_of(words: &[&str]) -> Vec<Acl> {
    let named: Vec<&str> = words.iter().filter_map(|it| it.strip_prefix("acl=")).collect();
    match named[..] {
        [] => Acl::open(),
        ["none"] => Vec::new(),
        _ => named.into_iter().map(acl_of).collect(),
    }
}

fn acl_of(word: &str) -> Acl {
    let mut fields = word.splitn(3, ':');
    let mut next = || fields.next().unwrap().to_owned();
    Acl { perms: next().parse().unwrap(), scheme: next(), id: next() }
}

/// `31:world:anyone`, …
pub(super) fn text_of_acls(acls: &[Acl]) -> String {
    let one = |it: &Acl| format!("{}:{}:{}", it.perms, it.scheme, it.id);
    acls.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// All eleven fields, in the order of the wire.
pub(super) fn text_of_stat(it: &Stat) -> String {
    format!(
        "czxid={} mzxid={} ctime={} mtime={} version={} cversion={} aversion={} owner={} length={} \
         children={} pzxid={}",
        it.czxid,
        it.mzxid,
        it.ctime,
        it.mtime,
        it.version,
        it.cversion,
        it.aversion,
        it.ephemeral_owner,
        it.data_length,
        it.num_children,
        it.pzxid
    )
}

/// A reply without an error.
pub(super) fn text_of_reply(reply: &Reply) -> String {
    let with = |stat: &Option<Stat>| {
        stat.as_ref().map(|stat| format!(" {}", text_of_stat(stat))).unwrap_or_default()
    };
    match reply {
        Reply::Created { path, stat } => format!("created {path:?}{}", with(stat)),
        Reply::Deleted => "deleted".to_owned(),
        Reply::Stat(stat) => format!("stat {}", text_of_stat(stat)),
        Reply::Data { data, stat } => format!("data {data:?} {}", text_of_stat(stat)),
        Reply::Children { children, stat } => format!("children {children:?}{}", with(stat)),
        Reply::Synced { path } => format!("synced {path:?}"),
        Reply::Multi(results) => {
            let results: Vec<String> = results.iter().map(text_of_result).collect();
            format!("multi [{}]", results.join(", "))
        }
        Reply::Acl { acls, stat } => {
            format!("acl {} {}", text_of_acls(acls), text_of_stat(stat))
        }
        Reply::Watching(number) => format!("watching {number}"),
        Reply::Paths(paths) => format!("paths {paths:?}"),
        Reply::Number(number) => format!("number {number}"),
        Reply::Identities(all) => {
            let one = |it: &Identity| format!("{}:{}", it.scheme, it.id);
            format!("identities {}", all.iter().map(one).collect::<Vec<_>>().join(" "))
        }
        Reply::MultiRead(results) => {
            let one = |it: &Result<Reply, i32>| match it {
                Ok(reply) => text_of_reply(reply),
                Err(code) => format!("error {code}"),
            };
            format!("reads [{}]", results.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Reply::Empty => "done".to_owned(),
    }
}

fn text_of_result(result: &MultiResult) -> String {
    match result {
        MultiResult::Created { path, stat: None } => format!("created {path:?}"),
        MultiResult::Created { path, stat: Some(stat) } => {
            format!("created {path:?} version={}", stat.version)
        }
        MultiResult::Deleted => "deleted".to_owned(),
        MultiResult::Set(stat) => format!("set version={}", stat.version),
        MultiResult::Checked => "checked".to_owned(),
        MultiResult::Error(code) => format!("error {code}"),
    }
}
