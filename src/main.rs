//! The testbed's program.
use menagerie::run::{RunOptions, run};
use menagerie::scenario::{Plan, Scenario};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = Scenario::load(args[1].as_ref()).expect("s");
    let (a, b): (u64, u64) = (args[2].parse().expect("a"), args[3].parse().expect("b"));
    for seed in a..b {
        let mut plan = Plan::draw(&scenario, seed);
        plan.mutant = args.get(4).cloned().filter(|m| !m.is_empty());
        let t = menagerie::run::cpu_ms();
        let outcome = run(&plan, &RunOptions::default());
        let v = outcome.verdict(&plan);
        println!(
            "{seed} {v:?} sim {} events {} ops {:?} cpu {}ms digest {:x}",
            outcome.simulated,
            outcome.events.len(),
            outcome.ops,
            menagerie::run::cpu_ms() - t,
            outcome.digest
        );
        for c in outcome.all_checks() {
            if let Some(v) = &c.violation {
                println!("   {} {}: {:?}", c.checker, v.claim, v.evidence);
                if args.get(5).is_some() {
                    for e in &outcome.events {
                        println!("{}", serde_json::to_string(e).expect("j"));
                    }
                }
            } else if args.get(5).is_some() {
                println!("   {} {:?} {}", c.checker, c.verdict, c.checked);
            }
        }
    }
}
