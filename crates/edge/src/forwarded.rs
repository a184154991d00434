//! Forwarding headers. Each hop is an address or, for whatever else a proxy or a liar may write, `None`.

use std::net::{IpAddr, SocketAddr};

/// The `for` of every element of a `Forwarded` value (RFC 7239), in order.
#[must_use]
pub fn forwarded_for(value: &str) -> Vec<Option<IpAddr>> {
    split_outside_quotes(value, ',')
        .map(|element| {
            let mut pairs = split_outside_quotes(element, ';').filter_map(|pair| pair.split_once('='));
            let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
            address(unquote(node.trim()))
        })
        .collect()
}

/// Every element of an `X-Forwarded-For` value, in order.
#[must_use]
pub fn x_forwarded_for(value: &str) -> Vec<Option<IpAddr>> {
    value.split(',').map(|hop| address(hop.trim())).collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = node.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    node.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6)
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        character == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,200}") {
            prop_assert!(forwarded_for(&text).len() <= text.len() + 1);
            prop_assert!(x_forwarded_for(&text).len() <= text.len() + 1);
        }

        #[test]
        fn addresses_come_back_as_they_were_written(hops in prop::collection::vec(any::<IpAddr>(), 1..8), port: u16) {
            let plain: Vec<String> = hops.iter().map(ToString::to_string).collect();
            let expected: Vec<Option<IpAddr>> = hops.iter().copied().map(Some).collect();
            prop_assert_eq!(x_forwarded_for(&plain.join(", ")), expected.clone());
            let elements: Vec<String> =
                hops.iter().map(|ip| format!("by=_x;For=\"{}\";proto=http", SocketAddr::new(*ip, port))).collect();
            prop_assert_eq!(forwarded_for(&elements.join(",")), expected);
        }
    }

    #[test]
    fn a_separator_in_quotes_separates_nothing() {
        let found = forwarded_for(r#"for="_a,b;c", for=192.0.2.1"#);
        assert_eq!(found, [None, Some(IpAddr::from([192, 0, 2, 1]))]);
    }
}
