//! Watches of this server's clients: who is told of what, and what clients ask of their watches
//! (`zookeeper.md`, A.7).

use super::server::Server;
use crate::base::{ConnId, ErrorCode, ZPath, Zxid};
use crate::ops::{AddWatch, Likeness, Reply, Request};
use crate::tree::{Access, Trigger, WatchKind, may, perm};
use crate::wire::{Frames, ReplyHeader, SetWatches, WatcherEvent, Writer};

/// The state in a watcher event: SyncConnected.
const SYNC_CONNECTED: i32 = 3;

impl Server {
    /// Tells those who wait for it. Who may not read a znode does not hear of it, and its watch is
    /// used up all the same (ZOOKEEPER-4799).
    pub(super) fn tell_watchers(&mut self, trigger: &Trigger, zxid: Zxid) {
        let mut told = Vec::new();
        let (conns, settings) = (&self.conns, &self.config.operations);
        self.watches.fire(trigger, |conn, kind, path, acls| {
            let ids = conns.get(&conn).map(|it| &*it.ids).unwrap_or_default();
            let access = Access { ids, skips: settings.skips_acl };
            if settings.likeness < Likeness::V3_9 || may(acls, perm::READ, access) {
                told.push((conn, kind as i32, path.clone()));
            }
        });
        let zxid = (self.config.operations.likeness >= Likeness::V3_9).then_some(zxid);
        for (conn, kind, path) in told {
            self.tell(conn, kind, &path, zxid);
        }
    }

    fn tell(&mut self, conn: ConnId, kind: i32, path: &ZPath, zxid: Option<Zxid>) {
        let mut frame = Writer::framed();
        ReplyHeader::of_event(zxid).encode(&mut frame);
        WatcherEvent { kind, state: SYNC_CONNECTED, path: path.to_string() }.encode(&mut frame);
        self.count_sent(conn);
        self.send(conn, Frames::seal(frame.into_bytes()));
    }

    /// What a client asks of its watches; `None` for other requests.
    pub(super) fn answer_about_watches(
        &mut self,
        conn: ConnId,
        request: &Request,
    ) -> Option<Result<Reply, ErrorCode>> {
        Some(match request {
            Request::SetWatches(watches) => self.set_watches(conn, watches),
            Request::SetWatches2(watches) => self.set_watches(conn, &watches.0),
            Request::AddWatch(asked) => self.add_watch(conn, asked),
            Request::CheckWatches(asked) => {
                let found = |which| self.watches.has(which, &asked.path, conn);
                asked.which().and_then(|which| found_or_none(found(which)))
            }
            Request::RemoveWatches(asked) => {
                let mut removed = |which| self.watches.remove(which, &asked.path, conn);
                asked.which().and_then(|which| found_or_none(removed(which)))
            }
            _ => return None,
        })
    }

    fn add_watch(&mut self, conn: ConnId, asked: &AddWatch) -> Result<Reply, ErrorCode> {
        let recursive = asked.is_recursive()?;
        let path = ZPath::parse(&asked.path).map_err(|_| ErrorCode::BadArguments)?;
        self.watches.add_lasting(recursive, path, conn);
        Ok(Reply::Watching(0))
    }

    /// A client is back and says what it still waits for: what happened meanwhile is told now, the
    /// rest is watched again (`DataTree.setWatches`). Watches that stay are only watched again: what
    /// happened meanwhile is lost to them.
    fn set_watches(&mut self, conn: ConnId, watches: &SetWatches) -> Result<Reply, ErrorCode> {
        use crate::wire::EventKind::{ChildrenChanged, Created, DataChanged, Deleted};
        let since = watches.since;
        for path in &watches.data {
            let event = match self.tree.get(path) {
                None => Some(Deleted),
                Some(znode) => (znode.mzxid > since).then_some(DataChanged),
            };
            self.rearm(conn, WatchKind::Data, path, event.map(|it| it as i32));
        }
        for path in &watches.exist {
            let event = self.tree.get(path).map(|_| Created as i32);
            self.rearm(conn, WatchKind::Data, path, event);
        }
        for path in &watches.child {
            let event = match self.tree.get(path) {
                None => Some(Deleted),
                Some(znode) => (znode.pzxid > since).then_some(ChildrenChanged),
            };
            self.rearm(conn, WatchKind::Child, path, event.map(|it| it as i32));
        }
        for (recursive, paths) in [(false, &watches.persistent), (true, &watches.recursive)] {
            let paths = paths.iter().filter_map(|path| ZPath::parse(path).ok());
            paths.for_each(|path| self.watches.add_lasting(recursive, path, conn));
        }
        Ok(Reply::Empty)
    }

    fn rearm(&mut self, conn: ConnId, kind: WatchKind, path: &str, event: Option<i32>) {
        let Ok(path) = ZPath::parse(path) else { return };
        match event {
            Some(event) => self.tell(conn, event, &path, None),
            None if (self.rules.rearms)() => self.watches.add(kind, path, conn),
            None => {}
        }
    }
}

fn found_or_none(found: bool) -> Result<Reply, ErrorCode> {
    if found { Ok(Reply::Empty) } else { Err(ErrorCode::NoWatcher) }
}
