//! What holds after every input, whatever the input was. Broken, it is our bug: the run stops.

use super::connections::Stage;
use super::server::Server;
use std::collections::BTreeSet;

impl Server {
    /// What is cheap enough to be looked at after every input.
    pub fn assert_invariants(&self) {
        if self.serving.is_none() && !self.read_only {
            let fresh = self.conns.values().all(|it| it.stage == Stage::Fresh);
            assert!(fresh, "a server that does not serve has no clients");
            assert!(self.watches.is_empty(), "and no watches");
        }
        assert!(self.outbox.is_empty(), "everything was sent");
        assert!(self.agenda.is_empty(), "everything that the agreement wanted was done");
    }

    /// What costs a walk over the whole state; for now and then.
    pub fn assert_deep_invariants(&self) {
        self.assert_invariants();
        self.tree.assert_invariants();
        self.watches.assert_invariants(|conn| self.conns.contains_key(&conn));
        let waiting: usize = self.conns.values().map(|it| it.waiting.len()).sum();
        assert_eq!(waiting, self.outstanding_count, "what is outstanding is counted");
        let large = self.conns.values().flat_map(|it| &it.waiting).map(|it| it.large);
        assert_eq!(large.sum::<usize>(), self.large_bytes, "and so is what is large of it");
        let counted: usize = self.addresses.values().sum();
        assert_eq!(counted, self.conns.len(), "every connection is from somewhere");
        let mut sessions = BTreeSet::new();
        for (conn, it) in &self.conns {
            if let Stage::Open { session } = it.stage {
                assert!(sessions.insert(session), "a session has one connection");
                assert_eq!(self.conn_of.get(&session), Some(conn), "and is found by it");
            }
        }
    }
}
