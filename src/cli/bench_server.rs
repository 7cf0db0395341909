//! `menagerie bench --server`: prints how fast a server is.

use super::args::{BenchArgs, LoadArgs};
use super::{CliError, print};
use crate::real::{Bench, Load, Measured, Step, Tally};
use crate::report::{Table, bad, dim, grouped};
use crate::run::Exit;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The result, for programs. Latencies are in microseconds.
#[derive(Serialize)]
struct Figures {
    server: String,
    connections: u32,
    pipeline: u32,
    value_bytes: u32,
    seconds: u64,
    /// By kind of request, and `all` of them.
    requests: BTreeMap<&'static str, Figure>,
}

/// One kind of request.
#[derive(Serialize)]
struct Figure {
    answered: u64,
    per_second: u64,
    p50_us: u64,
    p99_us: u64,
    p99_9_us: u64,
    max_us: u64,
    errors: BTreeMap<String, u64>,
}

/// Measures a server. Errors that it answers with are figures, and no failure.
pub fn bench_server(args: &BenchArgs) -> Result<Exit, CliError> {
    let mut bench = Bench::start(load(&args.server, &args.load))?;
    let seconds = args.load.warmup + args.load.seconds;
    let bar = ProgressBar::with_draw_target(Some(seconds), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} s  {msg}");
    bar.set_style(style.expect("the template is valid"));
    let measured = loop {
        match bench.next()? {
            Step::Second { measures, answered } => {
                let phase = if measures { "" } else { " (warming up)" };
                bar.set_message(format!("{}/s{phase}", grouped(answered)));
                bar.inc(1);
            }
            Step::Done(measured) => break measured,
        }
    };
    bar.finish_and_clear();
    let figures = figures(args, &measured);
    print::result_as(args.format, &figures, || text(&figures));
    Ok(Exit::Held)
}

fn load(addresses: &[String], args: &LoadArgs) -> Load {
    Load {
        addresses: addresses.to_vec(),
        connections: args.connections,
        pipeline: args.pipeline,
        mix: args.mix.0.clone(),
        value_bytes: args.size,
        znodes: args.znodes,
        lasts: Duration::from_secs(args.seconds),
        warmup: Duration::from_secs(args.warmup),
    }
}

fn figures(args: &BenchArgs, measured: &Measured) -> Figures {
    let seconds = args.load.seconds;
    let mut all = Tally::default();
    measured.values().for_each(|tally| all.add(tally));
    let mut requests: BTreeMap<&'static str, Figure> =
        measured.iter().map(|(kind, tally)| (kind.name(), figure(tally, seconds))).collect();
    requests.insert("all", figure(&all, seconds));
    Figures {
        server: args.server.join(","),
        connections: args.load.connections,
        pipeline: args.load.pipeline,
        value_bytes: args.load.size,
        seconds,
        requests,
    }
}

fn figure(tally: &Tally, seconds: u64) -> Figure {
    let at = &tally.latency_us;
    Figure {
        answered: tally.answered,
        per_second: tally.answered / seconds,
        p50_us: at.value_at_quantile(0.5),
        p99_us: at.value_at_quantile(0.99),
        p99_9_us: at.value_at_quantile(0.999),
        max_us: at.max(),
        errors: tally.errors.clone(),
    }
}

fn text(figures: &Figures) -> String {
    let Figures { server, connections, pipeline, value_bytes, seconds, requests } = figures;
    let mut table = Table::default();
    table.row(["request", "per second", "p50", "p99", "p99.9", "max", "errors"].map(dim));
    for (name, figure) in requests {
        let times = [figure.p50_us, figure.p99_us, figure.p99_9_us, figure.max_us].map(time);
        let [p50, p99, p99_9, max] = times;
        let count: u64 = figure.errors.values().sum();
        let errors = if count == 0 { "0".to_owned() } else { bad(&grouped(count)) };
        table.row([(*name).to_owned(), grouped(figure.per_second), p50, p99, p99_9, max, errors]);
    }
    let clients = format!("{connections} clients with {pipeline} under way, {value_bytes} bytes");
    let mut text = format!("{server}: {clients}, {seconds} s\n\n{}", table.render(""));
    for (reason, count) in &requests["all"].errors {
        text += &format!("{} {reason}\n", grouped(*count));
    }
    text
}

/// Microseconds as a person reads them.
fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        _ => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let shown = [7, 999, 1_000, 12_345, 2_050_000].map(time);
        assert_eq!(shown, ["7 µs", "999 µs", "1.00 ms", "12.34 ms", "2.05 s"]);
    }
}
