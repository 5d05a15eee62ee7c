//! Prints the description of the hub's HTTP interfaces, for `cargo xtask codegen`.
#![allow(clippy::print_stdout, reason = "it is a program")]

fn main() {
    println!("{}", metasync_hub::openapi());
}
