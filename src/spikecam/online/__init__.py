"""Online reconstruction: pictures of spike frames while a camera records them."""
