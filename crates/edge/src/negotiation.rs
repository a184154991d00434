//! What a client would rather have: the weights in lists such as `Accept` and `Accept-Language`.

/// The weight that `list` gives to what `is_meant` recognises: the highest among its entries (`text/html`, `zh-CN`),
/// 1 where an entry has none, 0 when no entry is meant or its weight is not one from 0 to 1.
#[must_use]
pub fn weight_of(list: &str, is_meant: impl Fn(&str) -> bool) -> f32 {
    let weights = list.split(',').filter_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let meant = parts.next().is_some_and(&is_meant);
        let weight = parts.find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")));
        let read = |weight: &str| weight.parse().ok().filter(|weight| (0.0..=1.0).contains(weight));
        if meant { weight.map_or(Some(1.0), read) } else { None }
    });
    weights.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::weight_of;

    #[test]
    #[expect(clippy::float_cmp, reason = "the weights are read, not computed")]
    fn the_highest_weight_counts() {
        let html = |entry: &str| entry.eq_ignore_ascii_case("text/html");
        assert_eq!(weight_of("text/html,application/xml;q=0.9,*/*;q=0.8", html), 1.0);
        assert_eq!(weight_of("*/*, Text/HTML;level=1;q=0.4", html), 0.4);
        assert_eq!(weight_of("text/html;q=0", html), 0.0);
        assert_eq!(weight_of("text/html;q=much", html), 0.0);
        assert_eq!(weight_of("text/html;q=inf", html), 0.0);
        assert_eq!(weight_of("application/json", html), 0.0);
        assert_eq!(weight_of("", html), 0.0);
    }
}
