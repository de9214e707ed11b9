//! placet-app
