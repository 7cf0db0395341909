//! A client of other authors, the crate `zookeeper-client`, against an ensemble of three.

use super::kit::{Host, PATIENCE};
use std::future::Future;
use std::time::Duration;
use zookeeper_client::{
    Acls, Client, CreateMode, Error, EventType, LockOptions, LockPrefix, MultiWriteResult,
    SessionState,
};

/// Runs a session, within bounds.
fn check<F: Future<Output = ()>>(session: F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, session).await });
    done.expect("a session does not take so long");
}

fn cluster(hosts: &[Host]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|it| format!("127.0.0.1:{}", it.port)).collect();
    hosts.join(",")
}

async fn connect(cluster: &str) -> Client {
    let connector = Client::connector().with_session_timeout(Duration::from_secs(6));
    connector.connect(cluster).await.unwrap()
}

#[test]
fn four_kinds_of_znodes_and_their_ends() {
    let hosts = Host::ensemble(3, "");
    let cluster = cluster(&hosts);
    check(async {
        let client = connect(&cluster).await;
        let open = |mode: CreateMode| mode.with_acls(Acls::anyone_all());
        let (stat, _) = client.create("/p", b"1", &open(CreateMode::Persistent)).await.unwrap();
        assert_eq!(client.get_data("/p").await.unwrap(), (b"1".to_vec(), stat));
        let (stat, _) = client.create("/p/e", b"", &open(CreateMode::Ephemeral)).await.unwrap();
        assert_eq!(stat.ephemeral_owner, client.session_id().0);
        for expected in 1..=2 {
            let mode = open(CreateMode::PersistentSequential);
            let (_, sequence) = client.create("/p/s-", b"", &mode).await.unwrap();
            assert_eq!(sequence.into_i64(), expected);
        }
        let mode = open(CreateMode::EphemeralSequential);
        let (_, sequence) = client.create("/p/es-", b"", &mode).await.unwrap();
        assert_eq!(sequence.to_string(), "0000000003");
        let again = client.create("/p", b"", &open(CreateMode::Persistent)).await;
        assert_eq!(again.unwrap_err(), Error::NodeExists);
        drop(client);
        let other = connect(&cluster).await;
        loop {
            other.sync("/p").await.unwrap();
            let mut left = other.list_children("/p").await.unwrap();
            left.sort();
            if left == ["s-0000000001", "s-0000000002"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn watches_and_multi() {
    let hosts = Host::ensemble(3, "");
    let cluster = cluster(&hosts);
    check(async {
        let (watching, writing) = (connect(&cluster).await, connect(&cluster).await);
        let open = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let (none, created) = watching.check_and_watch_stat("/a").await.unwrap();
        assert_eq!(none, None);
        writing.create("/a", b"1", &open).await.unwrap();
        assert_eq!(created.changed().await.event_type, EventType::NodeCreated);
        let (_, _, changed) = watching.get_and_watch_data("/a").await.unwrap();
        let (_, _, children) = watching.get_and_watch_children("/a").await.unwrap();
        let mut multi = writing.new_multi_writer();
        multi.add_check_version("/a", 0).unwrap();
        multi.add_set_data("/a", b"2", Some(0)).unwrap();
        multi.add_create("/a/b", b"", &open).unwrap();
        let results = multi.commit().await.unwrap();
        assert!(matches!(results[1], MultiWriteResult::SetData { stat } if stat.version == 1));
        assert_eq!(changed.changed().await.event_type, EventType::NodeDataChanged);
        assert_eq!(children.changed().await.event_type, EventType::NodeChildrenChanged);
        let mut multi = writing.new_multi_writer();
        multi.add_delete("/a/b", None).unwrap();
        multi.add_check_version("/a", 0).unwrap();
        assert!(multi.commit().await.is_err(), "the version is 1");
        assert_eq!(watching.list_children("/a").await.unwrap(), ["b"], "all or nothing");
    });
}

#[test]
fn a_lock_passes_from_one_to_the_other() {
    let hosts = Host::ensemble(3, "");
    let cluster = cluster(&hosts);
    check(async {
        let (one, other) = (connect(&cluster).await, connect(&cluster).await);
        let prefix = || LockPrefix::new_curator("/locks/x", "lock-").unwrap();
        let parents = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let options = || {
            let options = LockOptions::new(Acls::anyone_all());
            options.with_ancestor_options(parents.clone()).unwrap()
        };
        let held = one.lock(prefix(), b"", options()).await.unwrap();
        let waiting = tokio::spawn({
            let (other, prefix, options) = (other.clone(), prefix(), options());
            async move { other.lock(prefix, b"", options).await.unwrap().into_owned() }
        });
        held.create("/held", b"1", &parents).await.unwrap();
        assert!(!waiting.is_finished(), "one holds it");
        drop(held);
        let lock = waiting.await.unwrap();
        assert_eq!(lock.client().get_data("/held").await.unwrap().0, b"1");
    });
}

#[test]
fn a_session_moves_to_another_server_with_its_watches() {
    let mut hosts = Host::ensemble(3, "");
    let cluster = cluster(&hosts);
    check(async {
        // At first only one server is known to be there.
        let first = format!("127.0.0.1:{}", hosts[0].port);
        let client = connect(&format!("{first},{cluster}")).await;
        let id = client.session_id();
        let open = |mode: CreateMode| mode.with_acls(Acls::anyone_all());
        client.create("/e", b"", &open(CreateMode::Ephemeral)).await.unwrap();
        let (_, _, watcher) = client.get_and_watch_data("/e").await.unwrap();
        let mut states = client.state_watcher();
        for host in &mut hosts {
            host.kill();
            while client.get_data("/e").await.is_err() {
                assert!(!client.state().is_terminated(), "the session lives on");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            host.start();
            drop(host.client());
        }
        assert_eq!(client.session_id(), id);
        assert_eq!(states.peek_state(), SessionState::SyncConnected);
        let other = connect(&cluster).await;
        other.sync("/").await.unwrap();
        other.set_data("/e", b"x", None).await.unwrap();
        assert_eq!(watcher.changed().await.event_type, EventType::NodeDataChanged);
        let _ = &mut states;
    });
}

#[test]
fn a_session_that_falls_silent_expires() {
    let hosts = Host::ensemble(3, "");
    let cluster = cluster(&hosts);
    let silent = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let open = CreateMode::Ephemeral.with_acls(Acls::anyone_all());
    let mut states = silent.block_on(async {
        let connector = Client::connector().with_session_timeout(Duration::from_secs(2));
        let client = connector.connect(&cluster).await.unwrap();
        client.create("/e", b"", &open).await.unwrap();
        // Lives on in the runtime, which nobody drives from here on.
        let states = client.state_watcher();
        std::mem::forget(client);
        states
    });
    check(async {
        let client = connect(&cluster).await;
        client.sync("/").await.unwrap();
        let (stat, watcher) = client.check_and_watch_stat("/e").await.unwrap();
        if stat.is_some() {
            assert_eq!(watcher.changed().await.event_type, EventType::NodeDeleted);
        }
    });
    let ends = async {
        loop {
            let state = states.changed().await;
            if state.is_terminated() {
                return state;
            }
        }
    };
    let state = silent.block_on(async { tokio::time::timeout(PATIENCE, ends).await.unwrap() });
    assert_eq!(state, SessionState::Expired);
}
