pytest_plugins = ["tests.fakes.fixtures", "tests.summary_plugin"]
