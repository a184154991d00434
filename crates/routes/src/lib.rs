//! Routes with their descriptions, which are made only for whoever asks for them.
//!
//! A description is needed once if at all; made at every start only to be thrown away, those of all surfaces would be the
//! larger part of what a start allocates.

use axum::{Router, handler::Handler, routing::MethodRouter};
use utoipa::openapi::HttpMethod;
use utoipa_axum::{PathItemExt, router::UtoipaMethodRouter};

#[doc(hidden)]
pub use utoipa_axum;
pub use utoipa_axum::router::OpenApiRouter;

/// Handlers of one path.
pub struct Route<S> {
    served: fn() -> (String, MethodRouter<S>),
    described: fn() -> UtoipaMethodRouter<S>,
}

impl<S> Route<S> {
    /// For [`routes!`].
    #[doc(hidden)]
    pub const fn new(served: fn() -> (String, MethodRouter<S>), described: fn() -> UtoipaMethodRouter<S>) -> Self {
        Self { served, described }
    }
}

/// The [`Route`] of handlers that carry `#[utoipa::path]`, all of one path.
///
/// Path and methods come from arms of the library's own macro that it does not document: a version without them does not
/// compile.
#[macro_export]
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {
        $crate::Route::new(
            || $crate::utoipa_axum::paste! {{
                let (mut path, mut methods) = $crate::nothing();
                $(
                    path.replace_range(.., &$crate::utoipa_axum::routes!(@path [path()] of $handler));
                    let own = $crate::utoipa_axum::routes!(@path [methods()] of $handler);
                    methods = $crate::on(methods, &own, &$handler);
                )+
                (path, methods)
            }},
            || $crate::utoipa_axum::routes!($($handler),+),
        )
    };
}

/// For [`routes!`]: no path yet, and no methods.
#[doc(hidden)]
pub fn nothing<S>() -> (String, MethodRouter<S>)
where
    S: Clone + Send + Sync + 'static,
{
    (String::new(), MethodRouter::new())
}

/// For [`routes!`]: lets `handler` answer these methods.
#[doc(hidden)]
pub fn on<H, T, S>(routed: MethodRouter<S>, methods: &[HttpMethod], handler: &H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    methods.iter().fold(routed, |routed, method| routed.on(method.to_method_filter(), handler.clone()))
}

/// Routes, to be served or described.
pub struct Routes<S>(Vec<Route<S>>);

impl<S> Default for Routes<S> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These and that one.
    #[must_use]
    pub fn routes(mut self, route: Route<S>) -> Self {
        self.0.push(route);
        self
    }

    /// These and those.
    #[must_use]
    pub fn merge(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Serves them.
    ///
    /// # Panics
    ///
    /// If a path is there twice with one method.
    pub fn served(&self) -> Router<S> {
        self.0.iter().fold(Router::new(), |router, route| {
            let (path, methods) = (route.served)();
            router.route(&path, methods)
        })
    }

    /// Describes them.
    #[must_use]
    pub fn described(&self) -> OpenApiRouter<S> {
        self.0.iter().fold(OpenApiRouter::new(), |router, route| router.routes((route.described)()))
    }
}
