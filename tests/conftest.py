from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.emptying", "tests.fakes.fixtures", "tests.summary_plugin"]

# A busy machine is no counterexample.
settings.register_profile("tests", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
