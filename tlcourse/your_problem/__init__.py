"""Your own problem, taken through the lecture's takeaways; a report to keep at the end."""

from tlcourse.your_problem.investigation import (
    SOURCES,
    Investigation,
    Proposal,
    compare,
    fine_tuned,
    investigate,
    measure_similarity,
    propose,
    source_rows,
    split_rows,
    takeaways,
    usual_similarity,
)
from tlcourse.your_problem.pictures import Problem, open_problem
from tlcourse.your_problem.report import CannotReport, report_html, write_report
