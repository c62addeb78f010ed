//! Who is asking: API keys in the Authorization header.
