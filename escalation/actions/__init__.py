"""The verbs of this floor: `config` writes what is set up, `respond` what people do to incidents."""
