//! What a surface tells edge about the paths that are its own.

use std::{fmt, sync::Arc};

use crate::{admission::Admission, paths::is_below, refusal::Renderer};

/// The rules of all paths at and below a prefix, unless a longer prefix has its own: with `/api` and `/api/v1`, a path
/// below `/api/v1` knows nothing of `/api`.
#[derive(Clone)]
pub struct Surface {
    pub(crate) prefix: String,
    pub(crate) renderer: Arc<dyn Renderer>,
    pub(crate) admission: Option<Arc<dyn Admission>>,
    pub(crate) body_limit: usize,
}

impl Surface {
    /// Most bytes of a request body unless said otherwise: 64 KiB.
    pub const DEFAULT_BODY_LIMIT: usize = 64 * 1024;

    /// A surface at `prefix` (`/api`), whose refusals `renderer` words. The prefix `/` is everything else.
    #[must_use]
    pub fn new(prefix: &str, renderer: impl Renderer) -> Self {
        Self {
            prefix: prefix.trim_end_matches('/').to_owned(),
            renderer: Arc::new(renderer),
            admission: None,
            body_limit: Self::DEFAULT_BODY_LIMIT,
        }
    }

    /// Asks `admission` before every request here.
    #[must_use]
    pub fn admission(mut self, admission: Arc<dyn Admission>) -> Self {
        self.admission = Some(admission);
        self
    }

    /// Most bytes of a request body; a route may set its own with [`crate::BodyLimit`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surface").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// All surfaces, longest prefix first; the last one is everything else.
#[derive(Debug)]
pub(crate) struct Surfaces(Vec<Surface>);

impl Surfaces {
    pub(crate) fn new(mut surfaces: Vec<Surface>, rest: Surface) -> Self {
        surfaces.push(Surface { prefix: String::new(), ..rest });
        surfaces.sort_by_key(|surface| std::cmp::Reverse(surface.prefix.len()));
        Self(surfaces)
    }

    /// The surface of `path`.
    pub(crate) fn of(&self, path: &str) -> &Surface {
        let found = self.0.iter().find(|surface| is_below(path, &surface.prefix));
        // The empty prefix takes every path that begins with a slash; `*` and the like fall to it too.
        found.unwrap_or_else(|| self.0.last().expect("the surface for everything else is always there"))
    }
}
