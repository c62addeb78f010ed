//! Templates and their categories, as Meta last told us.
