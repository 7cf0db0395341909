//! The machine's clocks, as a server asks for them.

use crate::base::Time;
use crate::server::Now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks of one process: its monotonic clock starts at zero when the process does.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Clock {
        Clock { began: Instant::now() }
    }

    /// What both clocks say.
    pub fn now(&self) -> Now {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            time: Time(self.began.elapsed().as_micros() as u64),
            wall_ms: since_1970.as_millis() as i64,
        }
    }

    /// When the monotonic clock says so; `None` for [`Time::NEVER`].
    pub fn instant(&self, at: Time) -> Option<Instant> {
        self.began.checked_add(Duration::from_micros(at.0))
    }
}
