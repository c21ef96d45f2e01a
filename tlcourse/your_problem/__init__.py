"""Your own problem, taken through the lecture's takeaways; a report to keep at the end."""

from tlcourse.your_problem.advice import POLICIES, RULE, Advice, Rule, advise, decide
from tlcourse.your_problem.comparison import Comparison, Confusion, comparison_html, confusions
from tlcourse.your_problem.investigation import Investigation, investigate
from tlcourse.your_problem.look import Look, contact_sheet
from tlcourse.your_problem.nearness import COMPARED_SOURCES, Nearness, measure_nearness
from tlcourse.your_problem.options import (
    Option,
    fine_tuned_option,
    pixel_option,
    scratch_option,
    svm_options,
)
from tlcourse.your_problem.pictures import Problem, open_problem
from tlcourse.your_problem.report import CannotReport, report_html, write_report
from tlcourse.your_problem.volume import Split, split_problem
