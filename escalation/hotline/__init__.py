"""Call the on-call: a number that rings whoever is on call, then takes a message and opens an incident."""
