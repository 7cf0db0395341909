//! What goes over the connections of clients, counted as it goes.

use super::connections::Waiting;
use super::server::Server;
use crate::base::ConnId;
use crate::wire::RequestHeader;

impl Server {
    /// A request arrived.
    pub(super) fn count_request(&mut self, conn: ConnId, header: RequestHeader) {
        self.stats.received += 1;
        if let Some(it) = self.conns.get_mut(&conn) {
            it.traffic.received += 1;
            it.traffic.last = Some((header.opcode, header.xid, 0));
        }
    }

    /// A reply or an event goes out.
    pub(super) fn count_sent(&mut self, conn: ConnId) {
        self.stats.sent += 1;
        if let Some(it) = self.conns.get_mut(&conn) {
            it.traffic.sent += 1;
        }
    }

    /// A request is answered.
    pub(super) fn answered(&mut self, conn: ConnId, asked: &Waiting) {
        let (now, zxid) = (self.now.time, self.processed().to_wire());
        let ms = now.since(asked.since).0;
        self.stats.latency.add(ms);
        let Some(it) = self.conns.get_mut(&conn) else { return };
        it.traffic.latency.add(ms);
        it.traffic.answered = now;
        it.traffic.last_ms = ms;
        if let Some(last) = &mut it.traffic.last {
            last.2 = zxid;
        }
    }
}
