//! The dialect as the server meets it: golden bodies, odd bodies, bent bodies.

#[cfg(test)]
mod deliver;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod message;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod odd;
