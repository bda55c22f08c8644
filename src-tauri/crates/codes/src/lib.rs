//! What a payload says and how far that is proven
