//! A simulator of the WhatsApp Cloud API with customers and phones, met only over HTTP.
