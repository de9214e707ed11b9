//! placet-testing
