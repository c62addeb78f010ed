//! Contacts: listing, showing, editing, their timeline, and erasure.
