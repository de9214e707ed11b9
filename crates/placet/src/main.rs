//! placet
fn main() {}
