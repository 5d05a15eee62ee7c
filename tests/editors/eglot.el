;;; A user's way through Emacs with eglot: eldoc, xref, completion, sync.  -*- lexical-binding: t -*-
;;   emacs --batch -q -l eglot.el      in a copy of the example, with METASYNC_BIN
;; Written for eglot 1.9 (Emacs 28 with elpa-eglot) and the one that is built in since Emacs 29.
(setq package-enable-at-startup nil)
(require 'package)
(package-initialize)
(require 'eglot)
(require 'project)
(require 'sql)
(require 'subr-x)
(require 'xref)

(defconst story-file "models/marts/customers.sql")
(defconst story-ready-seconds 60)
(defconst story-answer-seconds 20)
(defvar story-passed 0)
(defvar story-failed 0)

(defun story-say (format &rest args) (princ (concat (apply #'format format args) "\n")))

(defmacro story-step (name &rest body)
  "Run BODY as the step NAME and count how it went."
  (declare (indent 1))
  `(condition-case problem
       (progn ,@body
              (setq story-passed (1+ story-passed))
              (story-say "  ok emacs: %s" ,name))
     (error (setq story-failed (1+ story-failed))
            (story-say "  FAIL emacs: %s: %s" ,name (error-message-string problem)))))

(defun story-go-to (needle back)
  "Put point BACK letters before the end of the first NEEDLE."
  (goto-char (point-min))
  (search-forward needle)
  (backward-char back))

(defun story-eldoc ()
  "What eldoc is told at point, or nil."
  (let ((text nil) (asked (float-time)))
    (eglot-hover-eldoc-function
     (lambda (info &rest _)
       (setq text (if (stringp info) (substring-no-properties info) (format "%s" (or info ""))))))
    (while (and (not text) (< (- (float-time) asked) 2))
      (accept-process-output nil 0.05))
    text))

(defun story-expect-eldoc (needle back expected)
  "Ask eldoc at NEEDLE until it says EXPECTED; the server indexes meanwhile."
  (let ((text nil) (began (float-time)))
    (while (and (not (and text (string-match-p (regexp-quote expected) text)))
                (< (- (float-time) began) story-ready-seconds))
      (story-go-to needle back)
      (setq text (story-eldoc))
      (accept-process-output nil 0.1))
    (unless (and text (string-match-p (regexp-quote expected) text))
      (error "Eldoc says: %s" text))
    text))

(defun story-execute (command)
  (jsonrpc-request (eglot--current-server-or-lose) :workspace/executeCommand
                   (list :command command :arguments []) :timeout story-ready-seconds))

(setq eglot-connect-timeout story-answer-seconds
      eglot-sync-connect story-answer-seconds
      eglot-autoshutdown t
      project-find-functions (list (let ((root default-directory)) (lambda (_) (cons 'transient root)))))
(add-to-list 'eglot-server-programs (list 'sql-mode (getenv "METASYNC_BIN") "lsp"))

(with-current-buffer (find-file-noselect story-file)
  (switch-to-buffer (current-buffer))
  (sql-mode)
  (story-step "the server starts and manages the buffer"
    (apply #'eglot (eglot--guess-contact))
    (unless (eglot-managed-p) (error "The buffer is not managed")))
  (when (= story-failed 0)
    (story-step "eldoc on a ref() shows the model"
      (let ((text (story-expect-eldoc "stg_customers'" 4 "One row per customer with a loyalty card")))
        (unless (string-match-p "customer_id" text) (error "No columns: %s" text))))
    (story-step "eldoc on a column shows what it means"
      (story-expect-eldoc "customers.full_name" 3 "as printed on the card"))
    (story-step "xref leads from a ref() to its file"
      (story-go-to "stg_customers'" 4)
      (let ((found (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot))))
        (unless found (error "No definition"))
        (let ((group (xref-location-group (xref-item-location (car found)))))
          (unless (string-match-p "stg_customers\\.sql\\'" group) (error "It leads to %s" group)))))
    (story-step "completion inside ref() offers models"
      (goto-char (point-max))
      (insert "\nselect * from {{ ref('stg_")
      (let* ((capf (eglot-completion-at-point))
             (offered (and capf (all-completions (buffer-substring-no-properties (nth 0 capf) (nth 1 capf)) (nth 2 capf)))))
        (unless (member "stg_orders" (mapcar #'substring-no-properties offered)) (error "Offered: %S" offered))))
    (story-step "metasync.sync answers how it ended"
      (let ((answer (story-execute "metasync.sync")))
        (unless (equal (plist-get answer :state) "local") (error "Answer: %S" answer))))
    (story-step "the server ends when the editor does"
      (let ((server (eglot--current-server-or-lose)))
        (eglot-shutdown server nil story-answer-seconds)
        (when (jsonrpc-running-p server) (error "It still runs")))))
  (set-buffer-modified-p nil))

(story-say "%d passed, %d failed" story-passed story-failed)
(kill-emacs (if (= story-failed 0) 0 1))
