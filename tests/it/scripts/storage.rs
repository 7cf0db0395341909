//! Plays a script for a server's files: what the store asks of the disk, and what recovery finds.
//!
//! `append 1:1 x`, `write`, `roll`, `epochs 1 1`, `members 1:4 1,2,3` (since when, and who), `snapshot 1:3 BODY`, `truncate 1:2`,
//! `install 2:5 BODY`; `keep RESERVED SNAPSHOTS`, `purge` (which follows each snapshot that is not
//! `kept`); `recover` as the disk is, `gather` the same from what needs to be read, `crash` with
//! everything lost that was not synced;
//! `remove FILE`, `cut FILE LEN`, `flip FILE BYTE`, `zeros FILE COUNT`, `file FILE TEXT` between the
//! two. `stop N` leaves out all but the first N operations of the next line.

use crate::disk::{CRASHES, Disk, proposal, save_snapshot};
use menagerie::base::{Epoch, ServerId, Zxid};
use menagerie::storage::{DiskOp, Files, Image, Keeping, Store, recover};
use menagerie::wire::Membership;
use std::convert::Infallible;
use std::fmt::Write;

/// The files of a disk, read one by one.
struct OneByOne(Image);

impl Files for OneByOne {
    type Error = Infallible;

    fn names(&self) -> Result<Vec<String>, Infallible> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Infallible> {
        Ok(self.0[name].clone())
    }
}

/// The transcript of a script.
pub(super) fn play(script: &str) -> String {
    let mut stage =
        Stage { disk: Disk::default(), store: None, stop: usize::MAX, transcript: String::new() };
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let _ = writeln!(stage.transcript, "{line}");
        stage.line(line);
    }
    stage.transcript
}

struct Stage {
    disk: Disk,
    /// `None` until the disk was read.
    store: Option<Store>,
    /// How many operations of the next line are executed.
    stop: usize,
    transcript: String,
}

impl Stage {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let zxid = |at: usize| words[at].parse::<Zxid>().unwrap();
        let epoch = |at: usize| Epoch(words[at].parse().unwrap());
        let number = |at: usize| words[at].parse::<usize>().unwrap();
        let mut ops = Vec::new();
        match words[0] {
            "stop" => return self.stop = number(1),
            "recover" => return self.recover(&self.disk.image()),
            "gather" => {
                let image = Image::gather(&OneByOne(self.disk.image())).unwrap();
                return self.recover(&image);
            }
            "crash" => {
                let image = self.disk.after(CRASHES[3]);
                self.disk = Disk::of(&image);
                return self.recover(&image);
            }
            "append" => self.store().append(proposal(zxid(1), words[2])),
            "write" => {
                self.store().write_log(&mut ops);
            }
            "keep" => self
                .store()
                .keep(Keeping { reserve_bytes: words[1].parse().unwrap(), snapshots: number(2) }),
            "purge" => self.store().purge(&mut ops),
            "roll" => self.store().log().roll(),
            "epochs" => self.store().write_epochs(epoch(1), epoch(2), &mut ops),
            "members" => self.store().write_membership(&members_of(&words), &mut ops),
            "snapshot" => {
                save_snapshot(self.store(), zxid(1), words[2], &mut ops);
                if words.get(3) != Some(&"kept") {
                    self.store().purge(&mut ops);
                }
            }
            "install" => self.store().install(zxid(1), words[2].into(), &mut ops),
            "truncate" if !self.store().can_truncate(zxid(1)) => self.say("cannot be done"),
            "truncate" => self.store().truncate(zxid(1), &mut ops),
            "remove" | "cut" | "flip" | "zeros" | "file" => self.tamper(&words),
            _ => panic!("no input: {line}"),
        }
        self.perform(ops);
    }

    fn store(&mut self) -> &mut Store {
        self.store.as_mut().expect("the disk was read")
    }

    fn perform(&mut self, ops: Vec<DiskOp>) {
        for op in ops.into_iter().take(std::mem::replace(&mut self.stop, usize::MAX)) {
            self.say(&op.to_string());
            self.disk.perform(&op);
        }
    }

    fn tamper(&mut self, words: &[&str]) {
        let mut image = self.disk.image();
        let file = || words[1].to_owned();
        let number = || words[2].parse::<usize>().unwrap();
        match words[0] {
            "remove" => drop(image.remove(words[1]).unwrap()),
            "file" => drop(image.insert(file(), words[2].as_bytes().to_vec())),
            "cut" => image.get_mut(words[1]).unwrap().truncate(number()),
            "flip" => image.get_mut(words[1]).unwrap()[number()] ^= 1,
            "zeros" => image.get_mut(words[1]).unwrap().extend(vec![0; number()]),
            _ => unreachable!(),
        }
        (self.disk, self.store) = (Disk::of(&image), None);
    }

    fn recover(&mut self, image: &Image) {
        let sizes: Vec<String> =
            image.iter().map(|(name, bytes)| format!("{name}: {}", bytes.len())).collect();
        self.say(&format!("[{}]", sizes.join(", ")));
        let mut ops = Vec::new();
        match recover(image, b"empty", &mut ops) {
            Err(error) => self.say(&format!("refused: {error}")),
            Ok(found) => {
                self.perform(ops);
                let snapshot = found.snapshot.map_or("none".to_owned(), |(zxid, body)| {
                    format!("{zxid} {}", String::from_utf8(body).unwrap())
                });
                let log: Vec<String> =
                    found.proposals.iter().map(|it| it.zxid.to_string()).collect();
                self.say(&format!(
                    "snapshot {snapshot}, log [{}], accepted {}, current {}",
                    log.join(" "),
                    found.accepted,
                    found.current
                ));
                if let Some(members) = found.membership {
                    self.say(&format!("members {}", members.to_string().replace('\n', " ")));
                }
                self.store = Some(found.store);
            }
        }
    }

    fn say(&mut self, what: &str) {
        let _ = writeln!(self.transcript, "  {what}");
    }
}

fn members_of(words: &[&str]) -> Membership {
    let ids: Vec<ServerId> = words[2].split(',').map(|it| ServerId(it.parse().unwrap())).collect();
    Membership { version: words[1].parse().unwrap(), ..Membership::named(&ids, &[]) }
}
