//! When a fault starts and stops.

use super::FaultWish;
use crate::base::Rng;

/// The windows of one fault, `[start_ms, stop_ms]` counted from the beginning of the load:
/// ascending, never two at once, and all over when the load ends.
pub(super) fn draw(wish: &FaultWish, duration_ms: u64, rng: &mut Rng) -> Vec<[u64; 2]> {
    let mut windows = Vec::new();
    let mut start = wish.from_ms.saturating_add(wish.every_ms.draw(rng));
    loop {
        let stop = start.saturating_add(wish.lasts_ms.draw(rng));
        if stop > duration_ms {
            return windows;
        }
        windows.push([start, stop]);
        // At least a moment apart, so that what ends and what begins are two things.
        start = start.saturating_add(wish.every_ms.draw(rng)).max(stop + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Range;

    #[test]
    fn windows_are_apart_and_end_with_the_load() {
        for seed in 0..100 {
            let wish = FaultWish {
                name: "pause".to_owned(),
                every_ms: Range::new([1, 3_000]),
                lasts_ms: Range::new([0, 4_000]),
                from_ms: 500,
                options: toml::Table::new(),
            };
            let windows = draw(&wish, 30_000, &mut Rng::stream(seed, "schedule"));
            assert!(windows.iter().all(|[start, stop]| 500 <= *start && start <= stop));
            assert!(windows.windows(2).all(|two| two[0][1] < two[1][0]), "{windows:?}");
            assert!(windows.iter().all(|[_, stop]| *stop <= 30_000));
        }
    }
}
