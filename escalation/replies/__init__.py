"""People answer a page from their phone: by SMS and by the keys of a call."""
