//! The protocol's error codes (`KeeperException.Code`), as far as the service answers with them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $number:literal $name:ident,)*) => {
        /// Why a request was refused. The number is what the wire carries.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// The number on the wire.
            pub fn to_wire(self) -> i32 {
                match self { $(ErrorCode::$name => $number,)* }
            }

            /// The code with this number; `None` for 0 (no error) and for numbers that nobody uses.
            pub fn from_wire(number: i32) -> Option<ErrorCode> {
                match number { $($number => Some(ErrorCode::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// A server's own fault.
    -1 SystemError,
    /// In the result of a multi: this part was not tried, because an earlier one failed.
    -2 RuntimeInconsistency,
    /// The connection broke before the answer came (made by clients, never sent).
    -4 ConnectionLoss,
    /// The request's bytes are no such request.
    -5 MarshallingError,
    /// No such operation.
    -6 Unimplemented,
    /// The request makes no sense: a bad path, a bad flag.
    -8 BadArguments,
    /// A membership that is asked for would have no quorum.
    -13 NewConfigNoQuorum,
    /// The membership is being changed already.
    -14 ReconfigInProgress,
    /// No such znode (or no such parent).
    -101 NoNode,
    /// The ACL forbids it.
    -102 NoAuth,
    /// The znode's version is another.
    -103 BadVersion,
    /// Ephemeral znodes have no children.
    -108 NoChildrenForEphemerals,
    /// The znode exists already.
    -110 NodeExists,
    /// The znode has children.
    -111 NotEmpty,
    /// The session has ended.
    -112 SessionExpired,
    /// The ACL is not valid.
    -114 InvalidAcl,
    /// Authentication failed.
    -115 AuthFailed,
    /// The session is now served through another connection.
    -118 SessionMoved,
    /// The server is read-only.
    -119 NotReadOnly,
    /// A session that only its server knows has no ephemeral znodes.
    -120 EphemeralOnLocalSession,
    /// No such watch.
    -121 NoWatcher,
    /// The membership may not be changed (`reconfigEnabled`).
    -123 ReconfigDisabled,
    /// A quota forbids it.
    -125 QuotaExceeded,
    /// The server has too much to do; the request was not tried.
    -127 ThrottledOp,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.to_wire())
    }
}
