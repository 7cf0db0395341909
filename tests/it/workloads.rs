//! Workloads go on whatever they are answered, come to an end, and draw from nothing but their
//! stream.

use menagerie::base::{
    Data, ErrorCode, Rng, ServerId, SessionId, Stat, ZPath, Zxid, sequence_suffix,
};
use menagerie::history::{
    Acls, Answer, Claim, CreateMode, Form, Kind, Lost, Members, Op, Outcome, Told,
};
use menagerie::workloads::{self, Seat, Seen, Step, Verify, Workload};
use std::collections::BTreeMap;

/// A tree of one process, good enough to answer a workload.
#[derive(Clone, Default)]
struct Service {
    zxid: i64,
    znodes: BTreeMap<ZPath, (Data, Stat)>,
    members: Members,
}

impl Service {
    fn zxid(&self) -> Zxid {
        Zxid::from_wire(self.zxid)
    }

    fn ask(&mut self, op: &Op) -> Answer {
        self.zxid += i64::from(op.is_write());
        let performed = self.perform(op);
        self.assert_sum();
        match performed {
            Ok(outcome) => Answer::Ok { zxid: self.zxid(), outcome },
            Err(code) => Answer::Refused { zxid: self.zxid(), code },
        }
    }

    fn perform(&mut self, op: &Op) -> Result<Outcome, ErrorCode> {
        match op {
            Op::Create { path, data, mode, .. } => self.create(path, data, *mode),
            Op::Delete { path, version } => {
                self.at(path, *version)?;
                if !self.children(path).is_empty() {
                    return Err(ErrorCode::NotEmpty);
                }
                self.znodes.remove(path);
                Ok(Outcome::Deleted)
            }
            Op::SetData { path, data, version } => {
                let mut stat = self.at(path, *version)?;
                stat.version += 1;
                self.znodes.insert(path.clone(), (data.clone(), stat));
                Ok(Outcome::Set(stat))
            }
            Op::Exists { path, .. } => Ok(Outcome::Exists(self.at(path, -1)?)),
            Op::GetData { path, .. } => {
                let stat = self.at(path, -1)?;
                Ok(Outcome::Data { data: self.data(path), stat })
            }
            Op::GetChildren { path, form, .. } => {
                let stat = Some(self.at(path, -1)?).filter(|_| form.is_second());
                Ok(Outcome::Children { children: self.children(path), stat })
            }
            Op::Multi(parts) => Ok(self.multi(parts)),
            Op::Check { path, version } => self.at(path, *version).map(|_| Outcome::Checked),
            Op::Sync { .. } => Ok(Outcome::Synced),
            Op::AddAuth(_) => Ok(Outcome::Authenticated),
            Op::GetAcl { path } => {
                let stat = self.at(path, -1)?;
                Ok(Outcome::Acl { acls: Acls::OPEN, stat })
            }
            Op::SetAcl { path, .. } => {
                let mut stat = self.at(path, -1)?;
                stat.aversion += 1;
                self.znodes.insert(path.clone(), (self.data(path), stat));
                Ok(Outcome::AclSet(stat))
            }
            Op::AddWatch { .. } => Ok(Outcome::Watching),
            Op::RemoveWatches { .. } => Ok(Outcome::Removed),
            Op::CheckWatches { .. } => Ok(Outcome::Watched),
            Op::MultiRead(_) | Op::GetEphemerals { .. } => self.count(op),
            Op::GetAllChildrenNumber { .. } | Op::WhoAmI => self.count(op),
            Op::Reconfig { joining, leaving, whole, .. } => {
                let comes =
                    |id: &ServerId| joining.voters.contains(id) || joining.observers.contains(id);
                let stays = |id: &ServerId| !(*whole || leaving.contains(id) || comes(id));
                let Members { voters, observers } = &mut self.members;
                voters.retain(stays);
                observers.retain(stays);
                voters.extend(&joining.voters);
                observers.extend(&joining.observers);
                let members = self.members.clone();
                Ok(Outcome::Reconfigured { version: self.zxid(), members })
            }
            Op::Close => {
                self.znodes.retain(|_, (_, stat)| stat.ephemeral_owner == SessionId(0));
                Ok(Outcome::Closed)
            }
        }
    }

    /// What lists and counts.
    fn count(&mut self, op: &Op) -> Result<Outcome, ErrorCode> {
        match op {
            Op::MultiRead(parts) => {
                let each = parts.iter().map(|part| self.perform(part));
                Ok(Outcome::MultiRead(
                    each.map(|it| it.unwrap_or_else(Outcome::PartRefused)).collect(),
                ))
            }
            Op::GetEphemerals { prefix } => {
                let owned = self.znodes.iter().filter(|it| it.1.1.ephemeral_owner != SessionId(0));
                let owned = owned.map(|(path, _)| path.clone());
                let meant = owned.filter(|path| path.as_str().starts_with(prefix.as_str()));
                Ok(Outcome::Ephemerals(meant.collect()))
            }
            Op::GetAllChildrenNumber { path } => {
                self.at(path, -1)?;
                let prefix = format!("{}/", path.as_str().trim_end_matches('/'));
                let is_below = |it: &&ZPath| it.as_str().starts_with(&prefix) && *it != path;
                Ok(Outcome::Number(self.znodes.keys().filter(is_below).count() as u32))
            }
            Op::WhoAmI => Ok(Outcome::Identities(Vec::new())),
            _ => Err(ErrorCode::Unimplemented),
        }
    }

    fn create(
        &mut self,
        path: &ZPath,
        data: &Data,
        mode: CreateMode,
    ) -> Result<Outcome, ErrorCode> {
        let parent = path.parent().unwrap();
        let above = self.at(&parent, -1)?;
        if above.ephemeral_owner != SessionId(0) {
            return Err(ErrorCode::NoChildrenForEphemerals);
        }
        let suffix = sequence_suffix(above.cversion);
        let path = match mode.is_sequential() {
            true => ZPath::parse(&format!("{path}{suffix}")).unwrap(),
            false => path.clone(),
        };
        if self.znodes.contains_key(&path) {
            return Err(ErrorCode::NodeExists);
        }
        let owner = SessionId(i64::from(mode.is_ephemeral()));
        let stat = Stat { czxid: self.zxid(), ephemeral_owner: owner, ..Stat::default() };
        self.znodes.insert(path.clone(), (data.clone(), stat));
        let parent = self.znodes.entry(parent).or_default();
        parent.1.cversion += 1;
        Ok(Outcome::Created { path, stat: None })
    }

    fn multi(&mut self, parts: &[Op]) -> Outcome {
        let before = self.znodes.clone();
        let results: Vec<_> = parts.iter().map(|part| self.perform(part)).collect();
        if results.iter().all(Result::is_ok) {
            return Outcome::Multi(results.into_iter().map(Result::unwrap).collect());
        }
        self.znodes = before;
        Outcome::MultiRefused(results.into_iter().map(Result::err).collect())
    }

    /// In no version of the tree do the accounts have more or less than in the beginning.
    fn assert_sum(&self) {
        let root = ZPath::parse("/multis").unwrap();
        let account = |name: &String| self.data(&root.child(name).unwrap());
        let balance = |data: Data| -> i64 { data.as_text().unwrap().parse().unwrap() };
        let sum: i64 = self.children(&root).iter().map(account).map(balance).sum();
        assert!(sum == 400 || self.at(&root, -1).is_err(), "{sum}");
    }

    fn at(&self, path: &ZPath, version: i32) -> Result<Stat, ErrorCode> {
        let here = self.znodes.get(path);
        let mut stat = match here {
            Some((_, stat)) => *stat,
            // Always there.
            None if matches!(path.as_str(), "/" | "/zookeeper/quota") => Stat::default(),
            None => return Err(ErrorCode::NoNode),
        };
        stat.num_children = self.children(path).len() as i32;
        if version == -1 || version == stat.version { Ok(stat) } else { Err(ErrorCode::BadVersion) }
    }

    fn data(&self, path: &ZPath) -> Data {
        self.znodes.get(path).map_or(Data::NULL, |(data, _)| data.clone())
    }

    fn children(&self, path: &ZPath) -> Vec<String> {
        let below = self.znodes.keys().filter(|it| it.parent().as_ref() == Some(path));
        below.filter(|it| !it.is_root()).map(|it| it.name().to_owned()).collect()
    }
}

/// What becomes of a workload's clients under a service, of which some answers are lost.
#[derive(Default, PartialEq, Debug)]
struct Tally {
    steps: Vec<Step>,
    ok: u32,
    refused: u32,
    claims: u32,
}

/// Lets the clients take turns, until all are done; every `lost`-th answer is unknown.
fn play(name: &str, seed: u64, lost: u64) -> Tally {
    let entry = workloads::ALL.iter().find(|entry| entry.name == name).unwrap();
    let seat = |index| Seat { index, clients: 3, ops: 60 };
    let build = |index| (entry.build)(toml::Table::new(), seat(index)).unwrap();
    let mut clients: Vec<(Box<dyn Workload>, Rng, Option<Step>)> = (0..3)
        .map(|index| (build(index), Rng::stream(seed, &format!("workload/{index}")), None))
        .collect();
    let (mut service, mut tally) = (Service::default(), Tally::default());
    let mut chance = Rng::stream(seed, "test");
    for turn in 0..20_000 {
        let (client, rng, last) = &mut clients[turn % 3];
        if *last == Some(Step::Done) {
            continue;
        }
        let step = take_turn(client.as_mut(), rng, last.take(), (&mut service, &mut chance, lost));
        tally.count(&step, &mut service);
        *last = Some(step.clone());
        tally.steps.push(step);
    }
    assert!(clients.iter().all(|(_, _, last)| *last == Some(Step::Done)), "{name} never ends");
    tally
}

impl Tally {
    fn count(&mut self, step: &Step, service: &mut Service) {
        match step {
            Step::Do(ops) => assert!(!ops.is_empty(), "asks for nothing"),
            Step::Claim(Claim::Acquired { znode, .. }) => {
                self.claims += 1;
                assert!(service.at(znode, -1).is_ok(), "holds a lock without {znode}");
            }
            _ => {}
        }
        if let Step::Do(ops) = step {
            // Asked once more of a copy, only to count.
            let mut copy = service.clone();
            for op in ops {
                match copy.ask(op) {
                    Answer::Ok { .. } => self.ok += 1,
                    _ => self.refused += 1,
                }
            }
        }
    }
}

fn take_turn(
    client: &mut dyn Workload,
    rng: &mut Rng,
    last: Option<Step>,
    (service, chance, lost): (&mut Service, &mut Rng, u64),
) -> Step {
    match last {
        Some(Step::Do(_)) if lost > 0 && chance.below(4 * lost) == 0 => {
            client.next(Seen::SessionEnded, rng)
        }
        Some(Step::Do(ops)) => {
            let answer = |op: &Op| match service.ask(op) {
                _ if lost > 0 && chance.below(lost) == 0 => Answer::Unknown(Lost::Connection),
                answer => answer,
            };
            let answers: Vec<Answer> = ops.iter().map(answer).collect();
            client.next(Seen::Answers(&answers), rng)
        }
        Some(Step::Await(_)) => match chance.below(3) {
            0 => client.next(Seen::SessionEnded, rng),
            1 => client.next(Seen::Nothing, rng),
            _ => {
                let path = ZPath::parse("/watchers/k0").unwrap();
                let told = Told { kind: Kind::DataChanged, path, zxid: None };
                client.next(Seen::Told(&told), rng)
            }
        },
        _ => client.next(Seen::Nothing, rng),
    }
}

#[test]
fn workloads_come_to_an_end_whatever_they_are_answered() {
    for name in workloads::names() {
        for (seed, lost) in (0..40).flat_map(|seed| [(seed, 0), (seed, 10), (seed, 2)]) {
            play(name, seed, lost);
        }
    }
}

#[test]
fn workloads_mostly_ask_for_what_can_be_done() {
    let line = |name| {
        let tallies: Vec<Tally> = (0..20).map(|seed| play(name, seed, 0)).collect();
        let sum = |count: fn(&Tally) -> u32| tallies.iter().map(count).sum::<u32>();
        let (ok, refused, claims) = (sum(|it| it.ok), sum(|it| it.refused), sum(|it| it.claims));
        assert!(ok > refused, "{name}: {ok} done, {refused} refused");
        format!("{name}: {ok} done, {refused} refused, {claims} locks held\n")
    };
    insta::assert_snapshot!(workloads::names().into_iter().map(line).collect::<String>());
}

#[test]
fn a_stream_decides_everything() {
    for name in workloads::names() {
        assert_eq!(play(name, 7, 5), play(name, 7, 5));
        assert_ne!(play(name, 7, 5), play(name, 8, 5));
    }
}

#[test]
fn verify_reads_every_znode_once() {
    let mut service = Service::default();
    for path in ["/a", "/a/b", "/a/c", "/d"] {
        let path = ZPath::parse(path).unwrap();
        service
            .perform(&Op::Create {
                path,
                data: "x".into(),
                mode: CreateMode::Persistent,
                acls: Acls::OPEN,
                form: Form::Second,
            })
            .unwrap();
    }
    let (mut verify, mut rng) = (Verify::default(), Rng::stream(1, "test"));
    let mut step = verify.next(Seen::Nothing, &mut rng);
    let mut asked = Vec::new();
    while let Step::Do(ops) = step {
        let answers: Vec<Answer> = ops.iter().map(|op| service.ask(op)).collect();
        asked.extend(ops.iter().map(Op::to_string));
        step = verify.next(Seen::Answers(&answers), &mut rng);
    }
    assert_eq!(step, Step::Done);
    insta::assert_snapshot!(asked.join("\n"));
    let lost = [Answer::Unknown(Lost::Connection)];
    let mut verify = Verify::default();
    verify.next(Seen::Nothing, &mut rng);
    assert!(matches!(verify.next(Seen::Answers(&lost), &mut rng), Step::Pause(_)));
    assert!(matches!(verify.next(Seen::Nothing, &mut rng), Step::Do(_)));
}
