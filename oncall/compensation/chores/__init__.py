"""What is done about pay without being asked, each person's fault kept to themselves."""
