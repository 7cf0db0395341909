//! The word `dump`: sessions and connections, and when each of them expires.

use super::expiry::Expiry;
use super::server::Server;
use crate::base::{SessionId, Time};
use std::fmt::Write;

impl Server {
    pub(super) fn dump(&mut self) -> String {
        let mut text = "SessionTracker dump:\n".to_owned();
        self.dump_sessions_into(&mut text);
        text += "ephemeral nodes dump:\n";
        let _ = writeln!(text, "Sessions with Ephemerals ({}):", self.tree.ephemerals().count());
        for (session, paths) in self.tree.ephemerals() {
            let _ = writeln!(text, "{session}:");
            paths.iter().for_each(|path| text += &format!("\t{path}\n"));
        }
        text += "Connections dump:\nConnections ";
        self.dump_sets(&self.silence, &mut text, |conn| {
            let it = &self.conns[&conn];
            let session = it.session().unwrap_or_default();
            format!("ip: /{} sessionId: {session}", it.from)
        });
        text
    }

    /// Who leads knows when each session expires; the others know their timeouts. Sessions that only
    /// this server knows come first, where there may be some.
    fn dump_sessions_into(&self, text: &mut String) {
        let of = |session: SessionId| session.to_string();
        if self.config.sessions.local && !self.config.standalone {
            *text += "Local Session ";
            self.dump_sets(&self.local_expiry, text, of);
            if self.leads() {
                *text += "Global ";
            }
        }
        if self.leads() {
            *text += "Session ";
            return self.dump_sets(self.sessions.expiry(), text, of);
        }
        let sessions = self.tree.sessions();
        let _ = writeln!(text, "Global Sessions({}):", sessions.len());
        for (session, timeout_ms) in sessions {
            let _ = writeln!(text, "{session}\t{timeout_ms}ms");
        }
    }

    /// Everything that expires, by the time at which it does (`ExpiryQueue.dump`,
    /// `SessionTrackerImpl.dumpSessions`).
    fn dump_sets<T: Ord + Copy>(
        &self,
        expiry: &Expiry<T>,
        text: &mut String,
        line: impl Fn(T) -> String,
    ) {
        let count: usize = expiry.sets().map(|(_, all)| all.len()).sum();
        let _ = writeln!(text, "Sets ({})/({count}):", expiry.sets().count());
        for (at, all) in expiry.sets() {
            let _ = writeln!(text, "{} expire at {}:", all.len(), date(self.wall_ms_at(at)));
            all.iter().for_each(|&it| *text += &format!("\t{}\n", line(it)));
        }
    }

    /// What the wall clock said or will say then.
    pub(super) fn wall_ms_at(&self, time: Time) -> i64 {
        self.now.wall_ms + time.as_ms() as i64 - self.now.time.as_ms() as i64
    }
}

/// A time of the wall clock as Java prints it: `Wed Nov 25 09:42:14 UTC 2026`.
fn date(wall_ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, seconds) = (wall_ms.div_euclid(86_400_000), wall_ms.rem_euclid(86_400_000) / 1_000);
    // Years are counted from a first of March, so that a leap day is a year's last one.
    let since = days + 719_468;
    let (era, day_of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12;
    let year = year + era * 400 + i64::from(month < 2);
    let (name, month) = (DAYS[days.rem_euclid(7) as usize], MONTHS[month as usize]);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{name} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_printed_as_java_does() {
        for (wall_ms, expected) in [
            (0, "Thu Jan 01 00:00:00 UTC 1970"),
            (951_782_399_999, "Mon Feb 28 23:59:59 UTC 2000"),
            (951_782_400_000, "Tue Feb 29 00:00:00 UTC 2000"),
            (951_868_800_000, "Wed Mar 01 00:00:00 UTC 2000"),
            (1_795_599_734_000, "Wed Nov 25 09:42:14 UTC 2026"),
            (1_798_761_599_000, "Thu Dec 31 23:59:59 UTC 2026"),
            (4_102_444_800_000, "Fri Jan 01 00:00:00 UTC 2100"),
        ] {
            assert_eq!(date(wall_ms), expected);
        }
    }
}
