"""Debian's chromium on the screen of a phone, driven as a person would."""

import os
import shutil
from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.processes.tree import PATIENCE

CI = os.environ.get("CI", "").lower() in {"1", "true"}
PHONE = {"width": 390, "height": 844, "pixelRatio": 3.0}
THUMB = 44  # CSS pixels that a finger needs


def missing():
    """What a browser test lacks here; empty where it can run."""
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return (
        f"{' and '.join(lacking)} not installed: apt-get install chromium chromium-driver" if lacking else ""
    )


@contextmanager
def phone(profile):
    """A browser that knows nothing and nobody, with its files below `profile`."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": PHONE})
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", f"user-data-dir={profile}"):
        options.add_argument(f"--{argument}")
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(PATIENCE)
        yield Screen(driver)
    finally:
        driver.quit()


class Screen:
    def __init__(self, driver):
        self._driver = driver

    def open(self, address):
        self._driver.get(address)

    def press(self, label):
        """Press the one button or link that says so, as large as a thumb needs it."""
        (found,) = self._driver.find_elements(
            By.XPATH, f"//*[self::a or self::button][normalize-space()='{label}']"
        )
        assert found.is_displayed()
        assert found.size["height"] >= THUMB, f"{label} is {found.size['height']} px high"
        found.click()

    def wait_for(self, words):
        """One page may go while it is read, and the next one come: the driver has many words for that."""
        wait = WebDriverWait(self._driver, PATIENCE, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: words in self.text, f"no “{words}”")

    @property
    def text(self):
        return self._driver.find_element(By.TAG_NAME, "body").text

    @property
    def fits(self):
        """Whether nothing has to be pushed sideways to be read."""
        wide = self._driver.execute_script("return document.documentElement.scrollWidth")
        return wide <= PHONE["width"]
