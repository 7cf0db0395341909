//! Servers as processes, each in a folder of its own, and clients on plain sockets. Whatever was
//! started ends with the test.

use menagerie::base::{SessionId, Xid, Zxid};
use menagerie::wire::{
    ConnectRequest, ConnectResponse, Reader, ReplyHeader, RequestHeader, Writer,
};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until there is something to see.
#[track_caller]
pub(super) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Ports below those from which systems give connections theirs: between the look and the server's
/// start, nobody else comes by one of these by chance.
const PORTS: std::ops::Range<u32> = 12_000..32_000;

/// A port that nobody listens on at the moment, and that no other call gets.
pub(super) fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let span = PORTS.end - PORTS.start;
    let first = std::process::id().wrapping_mul(7_919) % span;
    loop {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        assert!(step < span, "no port is free");
        let port = (PORTS.start + (first + step) % span) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server: its folder, its configuration, and its process while there is one.
pub(crate) struct Host {
    pub dir: TempDir,
    pub port: u16,
    child: Option<Child>,
}

impl Host {
    /// A server that stands alone, with these lines besides the usual ones. Not started.
    pub(crate) fn alone(lines: &str) -> Host {
        Host::with_port(free_port(), lines)
    }

    /// The same, on this port.
    pub(super) fn with_port(port: u16, lines: &str) -> Host {
        let dir = tempfile::tempdir().unwrap();
        let mut cfg = String::new();
        let data = dir.path().join("data");
        let _ = writeln!(cfg, "tickTime=500\ndataDir={}", data.display());
        let _ = writeln!(cfg, "clientPort={port}\nclientPortAddress=127.0.0.1");
        let _ = writeln!(cfg, "admin.enableServer=false\n{lines}");
        fs::create_dir_all(&data).unwrap();
        fs::write(dir.path().join("zoo.cfg"), cfg).unwrap();
        Host { dir, port, child: None }
    }

    /// Servers of one ensemble, with these lines besides the usual ones. All of them serve.
    pub(super) fn ensemble(count: usize, lines: &str) -> Vec<Host> {
        let mut all = format!("initLimit=20\nsyncLimit=4\n{lines}\n");
        for id in 1..=count {
            let _ = writeln!(all, "server.{id}=127.0.0.1:{}:{}", free_port(), free_port());
        }
        let host = |id: usize| {
            let mut host = Host::alone(&all);
            fs::write(host.dir.path().join("data/myid"), id.to_string()).unwrap();
            host.start();
            host
        };
        let hosts: Vec<Host> = (1..=count).map(host).collect();
        hosts.iter().for_each(|host| drop(host.client()));
        hosts
    }

    /// Adds lines to its configuration, for the next start.
    pub(super) fn configure(&self, lines: &str) {
        let mut cfg = File::options().append(true).open(self.dir.path().join("zoo.cfg")).unwrap();
        writeln!(cfg, "{lines}").unwrap();
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.path().join("data/version-2")
    }

    /// Starts the process. What it says goes to a file beside the data.
    pub(crate) fn start(&mut self) {
        self.start_with(|_| {});
    }

    /// The same, with something special about the process.
    pub(super) fn start_with(&mut self, prepare: impl FnOnce(&mut Command)) {
        assert!(self.child.is_none(), "one process at a time");
        let said = File::options().create(true).append(true).open(self.said_in()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_menagerie-server"));
        command.arg(self.dir.path().join("zoo.cfg")).stdin(Stdio::null()).stderr(said);
        prepare(&mut command);
        self.child = Some(command.spawn().unwrap());
    }

    fn said_in(&self) -> PathBuf {
        self.dir.path().join("said.txt")
    }

    /// All that its processes have said so far.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(self.said_in()).unwrap_or_default()
    }

    /// A number of kilobytes that the system knows of the process (`/proc/PID/status`).
    pub(super) fn memory_kb(&self, key: &str) -> u64 {
        let id = self.child.as_ref().unwrap().id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&self) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Asks it a four-letter word.
    pub(super) fn word(&self, word: &str) -> String {
        self.try_word(word).unwrap()
    }

    /// The same; fails where nobody listens.
    pub(super) fn try_word(&self, word: &str) -> io::Result<String> {
        let mut stream = connect(self.port)?;
        stream.write_all(word.as_bytes())?;
        let mut told = String::new();
        stream.read_to_string(&mut told)?;
        Ok(told)
    }

    /// Waits until the process has ended by itself.
    #[track_caller]
    pub(super) fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        wait_for("the end of the process", || child.try_wait().unwrap())
    }

    /// A new session, as soon as there can be one.
    #[track_caller]
    pub(crate) fn client(&self) -> Client {
        let open = || Client::open(self.port).ok();
        wait_for(&format!("a session; said:\n{}", self.said()), open)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let said = self.said();
            let _ = writeln!(io::stderr(), "--- the server on port {} said:\n{said}", self.port);
        }
    }
}

/// What a client's bytes go over.
pub(super) trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A plain connection to a port of this machine, on which no read waits for ever.
pub(super) fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A client that asks one thing after the other.
pub(crate) struct Client {
    stream: Box<dyn Stream>,
    pub session: ConnectResponse,
    xid: i32,
}

/// What came back.
pub(super) struct Reply {
    pub header: ReplyHeader,
    pub body: Vec<u8>,
}

impl Client {
    /// Connects and greets.
    pub(super) fn open(port: u16) -> io::Result<Client> {
        Client::resume(port, SessionId(0), vec![0; 16])
    }

    /// Comes back with a session.
    pub(super) fn resume(port: u16, session: SessionId, password: Vec<u8>) -> io::Result<Client> {
        Client::over(Box::new(connect(port)?), session, password)
    }

    /// Greets over a connection that is there.
    pub(super) fn over(
        mut stream: Box<dyn Stream>,
        session: SessionId,
        password: Vec<u8>,
    ) -> io::Result<Client> {
        stream.write_all(&greeting(session, password))?;
        let answer = receive(&mut stream)?;
        let session = ConnectResponse::decode(&answer).map_err(io::Error::other)?;
        Ok(Client { stream, session, xid: 0 })
    }

    /// Sends a request and waits for its reply.
    pub(super) fn ask(&mut self, opcode: i32, body: impl FnOnce(&mut Writer)) -> io::Result<Reply> {
        self.send(opcode, body)?;
        self.reply()
    }

    pub(super) fn send(&mut self, opcode: i32, body: impl FnOnce(&mut Writer)) -> io::Result<()> {
        self.xid += 1;
        self.send_as(self.xid, opcode, body)
    }

    /// Sends a request with a number of its own.
    pub(super) fn send_as(
        &mut self,
        xid: i32,
        opcode: i32,
        body: impl FnOnce(&mut Writer),
    ) -> io::Result<()> {
        let mut frame = Writer::new();
        RequestHeader { xid: Xid(xid), opcode }.encode(&mut frame);
        body(&mut frame);
        self.stream.write_all(&framed(&frame.into_bytes()))
    }

    pub(super) fn reply(&mut self) -> io::Result<Reply> {
        let frame = receive(&mut self.stream)?;
        let mut from = Reader::new(&frame);
        let header = ReplyHeader::decode(&mut from).map_err(io::Error::other)?;
        Ok(Reply { header, body: from.rest().to_vec() })
    }

    /// Creates a znode that anybody may use.
    pub(super) fn create(&mut self, path: &str, data: &[u8]) -> io::Result<Reply> {
        self.ask(1, |to| {
            to.string(path).buffer(Some(data)).count(1);
            to.int(31).string("world").string("anyone").int(0);
        })
    }

    /// Brings this server up to whatever is committed now.
    pub(super) fn sync(&mut self) -> io::Result<Reply> {
        self.ask(9, |to| {
            to.string("/");
        })
    }

    /// Reads something of a znode without leaving a watch.
    pub(super) fn read(&mut self, opcode: i32, path: &str) -> io::Result<Reply> {
        self.ask(opcode, |to| {
            to.string(path).boolean(false);
        })
    }

    /// A znode's data; `None` without the znode.
    pub(super) fn get(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let reply = self.read(4, path)?;
        if reply.header.error != 0 {
            return Ok(None);
        }
        let data = Reader::new(&reply.body).buffer().map_err(io::Error::other)?.map(<[u8]>::to_vec);
        Ok(Some(data.unwrap_or_default()))
    }
}

/// A client's first packet.
pub(super) fn greeting(session: SessionId, password: Vec<u8>) -> Vec<u8> {
    let request = ConnectRequest {
        protocol: 0,
        last_seen: Zxid::ZERO,
        timeout_ms: 10_000,
        session,
        password,
        read_only: Some(false),
    };
    let mut frame = Writer::new();
    request.encode(&mut frame);
    framed(&frame.into_bytes())
}

/// Bytes behind their length.
pub(super) fn framed(payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(payload);
    frame
}

pub(super) fn receive(stream: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut frame = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut frame)?;
    Ok(frame)
}

/// All files of a folder, by name.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = names.map(|it| it.into_string().unwrap()).collect();
    names.sort();
    names
}
