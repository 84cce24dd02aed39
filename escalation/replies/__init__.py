"""People answer a page: by SMS, by the keys of a call, and by mail."""
