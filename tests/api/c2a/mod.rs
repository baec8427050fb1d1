//! One file an endpoint, as in `src/http/c2a/`.

mod validate;
