FILE = "report.html"
def page(*a): return ""
