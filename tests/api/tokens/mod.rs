//! Which tokens open a door: whoever may not come in is told 401 and nothing else, on both surfaces. Beside each
//! way to be refused stands the token that differs in that point alone and is let in.

mod algorithms;
mod any_input;
mod c2a;
mod claims;
mod key_files;
mod key_ids;
mod shapes;
mod times;
