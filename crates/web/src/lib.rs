//! placet-web
