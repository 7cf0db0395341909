//! The macro behind the table of operations, and the words that the table uses.

/// What an operation needs from the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A server answers it from its own tree.
    Read,
    /// It becomes a transaction.
    Write,
    /// It only concerns the session's standing with the server that it is connected to.
    Session,
}

/// Makes `Request` from one line for each operation: its number, its variant and record, its kind,
/// and the function that reads its reply.
macro_rules! operations {
    ($($opcode:ident::$number:ident $variant:ident($record:ident) $kind:ident $file:ident::$reply:ident,)*) => {
        /// A client's request: what follows its header.
        ///
        /// Paths are unchecked text, as they came over the wire.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Request {
            $(
                #[doc = concat!("`opcode::", stringify!($number), "`")]
                $variant($record),
            )*
        }

        impl Request {
            /// Reads the body behind a request's header; `None` when no client may ask for such an
            /// operation.
            pub fn decode(number: i32, body: &mut Reader) -> Result<Option<Request>, Malformed> {
                match number {
                    $($opcode::$number => $record::decode(body).map(Request::$variant).map(Some),)*
                    _ => Ok(None),
                }
            }

            /// Puts the body into bytes.
            pub fn encode(&self, to: &mut Writer) {
                match self {
                    $(Request::$variant(record) => record.encode(to),)*
                }
            }

            /// The operation's number, for the request's header.
            pub fn opcode(&self) -> i32 {
                match self {
                    $(Request::$variant(_) => $opcode::$number,)*
                }
            }

            /// What it needs from the service.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Request::$variant(_) => Kind::$kind,)*
                }
            }

            /// What the operation with this number needs from the service; `None` when no client
            /// may ask for it.
            pub fn kind_of(number: i32) -> Option<Kind> {
                match number {
                    $($opcode::$number => Some(Kind::$kind),)*
                    _ => None,
                }
            }
        }

        impl Reply {
            /// Reads the body behind the header of a reply without an error, given the number of
            /// the operation that was asked for.
            pub fn decode(number: i32, body: &mut Reader) -> Result<Reply, Malformed> {
                match number {
                    $($opcode::$number => $file::$reply(body),)*
                    _ => Err(body.bad("a reply to an unknown operation")),
                }
            }
        }
    };
}

pub(super) use operations;
