//! A sentence of the description: words, and code between backticks.

use askama::Template;

#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    source = "{% for span in spans %}{% match span %}{% when Span::Words(words) %}{{ words }}\
              {% when Span::Code(code) %}<code>{{ code }}</code>{% endmatch %}{% endfor %}",
    ext = "html"
)]
pub(super) struct Text {
    spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Span {
    Words(String),
    Code(String),
}

impl Text {
    /// A backtick without another is a backtick.
    pub(super) fn of(text: &str) -> Self {
        let mut spans = Vec::new();
        let mut rest = text;
        while let Some((before, (code, after))) =
            rest.split_once('`').and_then(|(b, rest)| Some((b, rest.split_once('`')?)))
        {
            spans.extend([Span::Words(before.to_owned()), Span::Code(code.to_owned())]);
            rest = after;
        }
        spans.push(Span::Words(rest.to_owned()));
        spans.retain(|span| !matches!(span, Span::Words(words) if words.is_empty()));
        Self { spans }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks_and_nothing_becomes_markup() {
        for (text, html) in [
            ("", ""),
            ("plain", "plain"),
            ("`A` or `B<i>`: no", "<code>A</code> or <code>B&#60;i&#62;</code>: no"),
            ("a ` alone & <b>", "a ` alone &#38; &#60;b&#62;"),
            ("`a` and `", "<code>a</code> and `"),
        ] {
            assert_eq!(Text::of(text).to_string(), html, "{text}");
        }
        assert!(Text::of("").is_empty() && !Text::of("`a`").is_empty());
    }
}
